"""Runs one loaded version of a model on NumPy arrays.

- `signature`: the inputs and outputs of a SavedModel's signature.
- `servable`: a loaded SavedModel, called with arrays.
- `batching`: a queue per signature; requests that wait together share one run.
- `engine`: a servable with its queues, and the limits on a request's size.
"""
