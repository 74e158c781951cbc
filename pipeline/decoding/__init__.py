"""Search around a step function: which target does a model give to a source?

Read in this order:

- `step`: what is asked of a model: one function that takes every hypothesis a token further.
- `settings`: `Search` and `Sampling`, frozen.
- `hypotheses`: what comes out.
- `top`: the highest of many logits, found by blocks; the logarithm of the softmax's denominator.
- `repeats`: the tokens that would write an n-gram a second time.
- `past`: what rules know of a hypothesis: its tokens, and those that it still owes.
- `continuations`: the likeliest tokens that may come next, with their log-probabilities.
- `penalties`: the score of a hypothesis, and the highest that an unfinished one can reach.
- `sources`: the sources still searched; those that are done leave the batch.
- `beam`: beam search. `trace`: its hypotheses, read back from the last token to the first.
- `walk`: greedy decoding and sampling: hypotheses that never meet. `draws`: which token is drawn.
- `search`: `search` and `sample`, the two doors.
- `score`: the log-probability of a given target, by the same step function.

All runs eagerly, inside a `tf.function` and in a SavedModel, with any number of rows and any
length. A row's result does not depend on the rows beside it. docs/decoding.md tells settings and
formulas.
"""
