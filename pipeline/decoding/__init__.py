"""Greedy decoding, beam search, sampling and scoring with a step function.

The files in reading order:

- `step`: the interface of a model: a function that extends each hypothesis by one token.
- `settings`: the frozen settings `Search` and `Sampling`.
- `hypotheses`: the result.
- `top_k`: the k highest of many logits, found by blocks; the log of the softmax denominator.
- `repeats`: the tokens that would repeat an n-gram.
- `constraints`: the state that rules need of a hypothesis: its tokens and its required tokens.
- `continuations`: the most probable allowed next tokens, with their log-probabilities.
- `penalties`: the score of a hypothesis, and an upper bound for unfinished ones.
- `sources`: the sources in the batch; finished ones are removed.
- `beam`: beam search. `trace`: its hypotheses, traced back from the last token to the first.
- `greedy`: greedy decoding and sampling. `draws`: drawing a token.
- `search`: the public functions `search` and `sample`.
- `score`: the log-probability of a given target, with the same step function.

Everything runs eagerly, in a `tf.function` and in a SavedModel, with any batch size and length. The
result of a row does not depend on the other rows. docs/decoding.md documents the settings and the
formulas.
"""
