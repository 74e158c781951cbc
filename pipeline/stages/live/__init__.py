"""A published model in use.

- `predict`, `predict_file`: answers to texts, and to files of any size.
- `drift`: whether live texts differ from those of training.
- `selection`, `learning_curve`, `label_next`: which texts to annotate next, and what they may gain.
"""
