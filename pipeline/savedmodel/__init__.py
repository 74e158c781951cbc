"""SavedModels: written once, checked in a fresh process, loaded for answers.

- `write`: a service becomes a folder that TensorFlow Serving reads; no variable stored twice.
- `ops`: which ops a SavedModel needs, and which it must not hold.
- `parity`: a candidate answers like the model in memory, seen from a process that has nothing else.
- `warmup`: the requests that a server answers before a version goes live.
- `load`: a published folder as a function from strings to NumPy outputs.
"""
