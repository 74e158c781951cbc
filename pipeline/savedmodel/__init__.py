"""Writes SavedModels, checks them in a fresh process, and loads them.

- `write`: saves a service as a folder that TensorFlow Serving reads, each variable once.
- `ops`: the ops that a SavedModel needs, and those that it must not contain.
- `parity`: the gate that compares a candidate in a fresh process with the model in memory.
- `fresh_process`: the script that `parity` runs there.
- `warmup`: the requests that a server answers before a version serves.
- `load`: a published folder as a function from strings to NumPy outputs.
"""
