"""Which sentences are aligned, and what their attention shows."""

import numpy as np
import pytest

from pipeline.tasks.translation import alignments
from pipeline.tasks.translation.alignments import attention, holes, look
from pipeline.tasks.translation.scored_example import score_examples


@pytest.fixture(scope="module")
def judged(settings_of, pair_of):
    pairs = [
        pair_of("a b c .", "the target", "the target", source="f:1"),
        pair_of("d e f", "the target", "nothing", source="f:2"),
        pair_of("5 g h", "5 tigers", "7 tigers", source="f:3"),
        pair_of("long text", "x", "y", source="f:4", segments=2),
        pair_of("cut text", "x", "y", source="f:5", truncated=True),
        pair_of("  ", "x", "y", source="f:6"),
    ]
    return score_examples(settings_of("en", "de"), *zip(*pairs, strict=True))


def align(texts):
    """Every target token looks at the first source token; the end token at the second."""
    found = []
    for text in texts:
        source = [*text.split(), "</s>"]
        weights = np.zeros((2, len(source)))
        weights[0, 0] = weights[1, 1] = 1.0
        found.append((source, ["t", "</s>"], weights))
    return found


def test_whole_texts_are_aligned_the_worst_first(judged):
    asked = []

    def remember(texts):
        asked.extend(texts)
        return align(texts)

    looked = look(remember, judged)
    assert asked == ["d e f", "5 g h", "a b c ."]
    assert all(one.drawn for one in looked)
    assert [one.source[place] for one in looked for place in one.holes] == ["f", "h", "c"]


def test_others_are_taken_evenly(settings_of, pair_of, monkeypatch):
    monkeypatch.setattr(alignments, "LOOKED_AT", 10)
    pairs = [pair_of(f"w{n}", "x", "x") for n in range(35)]
    looked = look(align_one, score_examples(settings_of(), *zip(*pairs, strict=True)))
    assert [one.judged.text for one in looked] == ["w0", "w1", *(f"w{n}" for n in range(4, 35, 4))]
    assert [one.drawn for one in looked[:3]] == [True, True, False]


def align_one(texts):
    return [([text], ["t"], [[1.0]]) for text in texts]


def test_pictures_and_holes(read, judged):
    looked = look(align, judged)
    tree = read(attention(looked))
    assert len(tree.all("svg")) == 3
    assert len(tree.all("text", **{"class": "hole"})) == 3
    said = read(holes(looked))
    assert "3 of 9 source tokens (33.3 %) in 3 sentences" in said.text
    assert len(said.all("li")) == 3


def test_long_ones_are_not_drawn(read, judged, monkeypatch):
    monkeypatch.setattr(alignments, "LONGEST", 4)
    assert len(read(attention(look(align, judged))).all("svg")) == 2


def test_a_model_without_attention_says_so(judged):
    nothing = look(lambda texts: [(s, t, w * 0) for s, t, w in align(texts)], judged)
    assert "no attention" in attention(nothing)
    assert holes(nothing) == ""


def test_without_anything_to_ask(judged):
    assert look(None, judged) == []
    assert "reports no attention" in attention([])
    assert holes([]) == ""
