"""Publishing: a run becomes a version under `saved_models/<name>/`.

- `replay`: which training rows travel with a version.
- `known_ngrams`, `drift_reference`: what live texts are compared with later.
- `export`: the stage; nothing is published that answers differently from the model in memory.
- `versions`, `rollback`: the line of versions, and an older content as the newest version.
"""
