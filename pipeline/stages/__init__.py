"""The stages: what the commands do. A stage takes a `Task` or a `Run` and never names a task.

    prepare -> train -> evaluate -> report -> export        live texts -> predict, drift, label-next
                                                 ^                            |
                                                 +------ retrain <------------+

- `run`: a run in memory; the data is prepared and the model is built once.
- `data/`: users' files: a config for them, bad lines, other formats, the prepared dataset.
- `training/`: a run folder with the best weights.
- `evaluation/`: scores by split and part, harder sets, baselines, comparisons, the report.
- `experiments/`: many trainings of one config: seeds, folds, settings.
- `publishing/`: a run becomes a version; the line of versions, and the way back.
- `live/`: answers, drift of live texts, and which texts to annotate next.
- `retraining/`: a published version and new data become the next version, or a verdict.
"""
