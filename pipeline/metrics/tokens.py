"""Token-level F1: the share of tokens with the right slot, regardless of span edges.

This is `conlleval -r` (https://www.cnts.ua.ac.be/conll2000/chunking/output.html): each token counts
as a chunk of its own, so B- and I- are equal. A span weighs as much as it has tokens.
"""

from collections import Counter
from collections.abc import Iterable

from pipeline.metrics.spans import Span, SpanCounts


def count_tokens(gold: Iterable[Span], predicted: Iterable[Span]) -> SpanCounts:
    """Count the labelled tokens of one example; a token is correct if its slot agrees.

    Args:
        gold: spans in token indices, end exclusive.
        predicted: spans of the same example.

    Returns:
        Numbers of correct, predicted and gold tokens, for `precision_recall_f1`. Tokens outside all
        spans (O) are not counted.
    """
    gold_tokens, predicted_tokens = _slot_tokens(gold), _slot_tokens(predicted)
    correct = gold_tokens & predicted_tokens
    return SpanCounts(correct.total(), predicted_tokens.total(), gold_tokens.total())


def _slot_tokens(spans: Iterable[Span]) -> Counter[tuple[str, int]]:
    return Counter((slot, token) for slot, start, end in spans for token in range(start, end))
