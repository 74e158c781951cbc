"""The verbs of the command line that do not stand in `main.py`: parse, call one stage.

- `arguments`: what several verbs take.
- `search`: the verb that looks for better settings.
- `release`: verbs for a model that is out.
"""
