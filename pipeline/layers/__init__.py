"""Keras layers that Keras lacks, in `keras.ops` only: any backend.

- `dropout`: whole tokens hidden in training.
- `characters`: a word's spelling as a vector.
- `crf`: scores of whole tag sequences: loss, best sequence, probabilities.
- `pooling`: a sequence as one vector, padding left out.

Each is usable on its own, says its formula and source, and saves and loads with a Keras model.
Masks are explicit arguments (True = a real token): Keras's implicit masks get lost in convolutions
and custom layers.
"""
