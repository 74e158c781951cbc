"""Text files in, a served model out, retrained when new data comes.

The data's way, room by room. Each room's own docstring lists its files in reading order:

    files -> datasets/       readers that know file and line, splits, the store on disk, batches
          -> userfiles/      users' files: detected, read, written, explained, repaired, audited
          -> text/           strings to ids in TensorFlow ops, for training and serving alike
          -> layers/         layers that Keras lacks (keras.ops only)
          -> decoding/       search around a step function, for tasks that write texts
          -> tasks/<task>/   settings, records, tokenizer, model, serving, scoring of one task
          -> stages/         prepare, train, evaluate, export, retrain: the same for every task
          -> savedmodel/     the exported graph: written, scanned, checked in a fresh process
          -> predictor       load("saved_models/flights_slots")(["..."]) -> plain dicts
          -> serving/        the same models over HTTP and gRPC, as TensorFlow Serving does it
          -> client/         a client of the server, without TensorFlow

`task` is the seam between tasks and stages. `config` has the settings, `runs` every file name of a
run and of a version, `artifacts` the folders that last. `metrics` computes scores, `report` shows
them, `errors` are messages for users, and `cli` is the command line.
"""

from pipeline.predictor import Predictor, load

__all__ = ["Predictor", "load"]
