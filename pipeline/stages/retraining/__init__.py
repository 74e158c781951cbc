"""Retraining: a published version and new data become the next version, or a verdict.

- `incumbent`: the published version, and the rows that travel with it.
- `new_data`: the new rows: read, compared with the old ones, divided.
- `mixing`: one dataset of old and new rows.
- `remap`, `candidate_start`: the candidate starts with the incumbent's weights.
- `interpolate`: the mean of old and trained weights that is best on valid.
- `comparison`, `gate`, `verdict`: both models on the same rows; whether the candidate may replace
  the incumbent.
- `retrain`: the stage.
- `poll_folder`, `watch_folder`: retrain with each file that arrives in a folder.
"""
