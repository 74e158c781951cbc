"""Words in any script; buckets of source lengths, by hand."""

import numpy as np
import pytest

from pipeline.metrics.intervals import Counts
from pipeline.metrics.source_lengths import by_length, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's 3 PM, (so) what?", ["it", "s", "3", "pm", "so", "what"]),
        ("订5月1日的票 CA1234！", ["订", "5", "月", "1", "日", "的", "票", "ca1234"]),
        ("Ein Mädchen, straße", ["ein", "mädchen", "straße"]),
        ("ひらがな𠀀", ["ひ", "ら", "が", "な", "𠀀"]),
        (" …!?", []),
        ("", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def share(sums):
    return 100 * sums[..., 0] / sums[..., 1]


def test_buckets_by_hand():
    sources = ["", "a b c", "a b c d e f", "一二三四五六七", "w " * 60]
    right = np.array([[1, 1], [0, 1], [1, 1], [1, 1], [0, 1]])
    found = by_length(sources, {"right": Counts(right, share)})
    assert [(row.name, row.examples, row.scores["right"].value) for row in found] == [
        ("1–5", 2, 50.0),
        ("6–10", 2, 100.0),
        ("51+", 1, 0.0),
    ]
    assert (found[0].shortest, found[0].longest, found[2].longest) == (1, 5, None)


def test_other_edges():
    counts = {"right": Counts(np.ones((2, 2)), share)}
    assert [row.name for row in by_length(["a", "a b c"], counts, (1, 2, 4))] == ["1–1", "2–3"]


def test_invalid_input_is_rejected():
    with pytest.raises(ValueError, match="counts of 1 examples; received 2 for 'x'"):
        by_length(["a"], {"x": Counts(np.ones((2, 2)), share)})
    with pytest.raises(ValueError, match="increasing list"):
        by_length(["a"], {}, (2, 1))
