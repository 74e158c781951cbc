"""F1 by the token: how much of the text is labelled right, however it is cut into spans.

It is `conlleval -r` (https://www.cnts.ua.ac.be/conll2000/chunking/output.html): each word counts as
one chunk of its own, so B- and I- are the same. A long value weighs as much as it has tokens.
"""

from collections import Counter
from collections.abc import Iterable

from pipeline.metrics.spans import Span, SpanCounts


def count_tokens(gold: Iterable[Span], predicted: Iterable[Span]) -> SpanCounts:
    """Count the labelled tokens of one example; right means that token and slot agree.

    Args:
        gold: spans in token indices, end exclusive.
        predicted: spans of the same example.

    Returns:
        Numbers of right, predicted and gold tokens, for `precision_recall_f1`. Tokens outside any
        span (O) count nowhere.
    """
    wanted, found = _labelled(gold), _labelled(predicted)
    return SpanCounts((wanted & found).total(), found.total(), wanted.total())


def _labelled(spans: Iterable[Span]) -> Counter[tuple[str, int]]:
    return Counter((slot, token) for slot, start, end in spans for token in range(start, end))
