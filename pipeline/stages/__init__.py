"""What the verbs of the command line do; every stage takes a `Task` and never names one.

    prepare -> train -> evaluate -> export

- `prepare`: a config's files become a dataset on disk.
- `assemble`: vocabularies, tokenizer, model and service of a run, joined.
- `weights`: a model's and an optimizer's variables in one file.
- `environment`: seeds, and the facts about machine and versions that a result needs.
- `train`: a run folder with the best weights; `epochs` is what happens between two epochs.
- `evaluate`: scores of a run or a published version, split by split, part by part; `seen` is what
  training had already, `stress` harder sets, `floor` a cheap reference, `score_tables` the look.
- `side_by_side`: several configs at a time, each on its own cores.
- `seeds`: the same config trained with several seeds: mean and spread.
- `folds`: cross-validation: every training row answered by a model that has not seen it; likely
  label errors.
- `tune`: many trainings of one config in search of better settings, judged on valid alone.
- `export`: a run becomes a version under `saved_models/`, if it passes the parity gate.
- `versions`, `rollback`: a model's line of descent; an older version's content as the newest.
- `drift`: whether live texts are unlike those of training, by the counts that `drift_reference` and
  `known_ngrams` keep with a version; `texts`: those of any file.
- `label_next`: which texts to annotate next (`choose`), and what they may bring (`learning_curve`);
  `travelled`: the rows that a version keeps.
- `watch`: each new file of a folder handed on once.
- `replay`, `rows`: which training rows travel with it, and how rows are written and read back.
- `retrain`: a published version and new data become the next version, or a verdict that says why
  not; `retraining` has its steps, `warm` what a training begins with that goes on from another.
- `report`: a run as one HTML page.
- `predict`, `validate`, `init`: texts to answers; bad lines and audits; a config for a user's file.
- `convert`: a user's file in another format, whole or not at all.
"""
