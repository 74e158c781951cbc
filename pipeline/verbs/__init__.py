"""The verbs of the command line that do not stand in `main.py`: parse, call one stage.

- `arguments`: what several verbs take.
- `release`: verbs for a model that is out.
"""
