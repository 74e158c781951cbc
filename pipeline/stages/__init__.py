"""What the verbs of the command line do; every stage takes a `Task` and never names one.

    prepare -> train -> evaluate -> export

- `prepare`: a config's files become a dataset on disk.
- `assemble`: vocabularies, tokenizer, model and service of a run, joined.
- `weights`: a model's and an optimizer's variables in one file.
- `environment`: seeds, and the facts about machine and versions that a result needs.
- `train`: a run folder with the best weights; `epochs` is what happens between two epochs.
- `evaluate`: scores of a run or a published version, split by split, part by part.
- `export`: a run becomes a version under `saved_models/`, if it passes the parity gate.
- `predict`, `validate`, `init`: texts to answers; bad lines and audits; a config for a user's file.
"""
