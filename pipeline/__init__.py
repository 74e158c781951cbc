"""Text files in, a served model out, retrained when new data comes.

The data's way, room by room; each room's own docstring lists its files in reading order:

    files -> datasets/       readers that know file and line, splits, the store on disk, batches
          -> text/           strings to ids in TensorFlow ops, for training and serving alike
          -> layers/         Keras layers that Keras lacks (keras.ops only)
          -> decoding/       search around a step function, for tasks that write texts
          -> tasks/<task>/   loader, tokenizer, model, serving, scoring: what makes one task
          -> stages/         prepare, train, evaluate, export: what is the same for every task
          -> savedmodel/     the exported graph: written, scanned, checked in a fresh process
          -> predictor       load("saved_models/flights_slots")(["..."]) -> plain dicts
          -> serving/        the same models over HTTP and gRPC, as TensorFlow Serving does it

Around them: `task` is the seam between tasks and stages, `config` the settings, `artifacts` the
folders that last, `metrics` the numbers, `report` what people look at, `errors` what they are told,
`cli` the command line.
"""

from pipeline.predictor import Predictor, load

__all__ = ["Predictor", "load"]
