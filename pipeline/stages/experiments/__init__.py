"""Experiments: many trainings of one config.

- `parallel`: several configs at a time, each on its own cores.
- `seeds`: several seeds; mean and spread of the scores.
- `cross_validation`: several folds; likely label errors.
- `tune`: a search for better settings.
"""
