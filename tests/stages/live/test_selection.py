"""Which texts are chosen: by hand, and against trying all of them at each step."""

import random

import pytest

from pipeline.stages.live.selection import CandidateText, alike, choose


def candidate(margin=0.5, ngrams=(), new=(), labels=()):
    kinds = tuple(("labels", label) for label in labels)
    return CandidateText(margin, frozenset(ngrams) | frozenset(new), frozenset(new), kinds)


def test_gains_by_hand():
    rows = [
        candidate(0.9, {1, 2, 3}, {3}, "a"),  # the model is surer of none
        candidate(0.1, {4, 5}, set(), "a"),  # of all others
        candidate(0.5, {6, 7}, {6, 7}, "ab"),
    ]
    found = choose(rows, {("labels", "a"): 3}, 3)
    assert [choice.place for choice in found] == [2, 1, 0]
    assert found[0][1:] == pytest.approx((1 / 3, 1, 1))  # b was never seen
    assert found[1][1:] == pytest.approx((2 / 3, 0, 5**-0.5))  # a four times now
    assert found[2][1:] == pytest.approx((0, 1 / 3, 6**-0.5))
    assert found[0].gain == pytest.approx(7 / 3)


def test_what_is_taken_is_not_new_any_more():
    same = [candidate(0.5, {i, 10 + i, 20 + i}, {1, 2}) for i in range(3)]
    found = choose(same, {}, 3)
    assert [choice.novelty > 0 for choice in found] == [True, False, False]


def test_of_near_duplicates_one_is_taken():
    rows = [candidate(0.1, range(10)), candidate(0.2, range(9)), candidate(0.9, {50})]
    assert [choice.place for choice in choose(rows, {}, 3)] == [0, 2]
    assert alike(rows[0], rows[1])  # 9 of 10
    assert not alike(rows[0], candidate(0.1, range(7)))
    assert alike(candidate(), candidate())  # texts without any word


def test_no_more_than_there_are_and_none_of_nothing():
    assert choose([], {}, 5) == []
    assert len(choose([candidate(ngrams={1})], {}, 5)) == 1


def plainly(candidates, known, count):
    """The same without a queue: every gain anew at each step."""
    margins, counts, covered, taken = [c.margin for c in candidates], dict(known), set(), []
    for _ in range(count):
        best = None
        for place, one in enumerate(candidates):
            if any(alike(one, candidates[other]) for other in taken):
                continue
            doubt = sum(margin > one.margin for margin in margins) / len(margins)
            novelty = len(one.new - covered) / max(1, len(one.ngrams))
            rarity = max(((1 + counts.get(label, 0)) ** -0.5 for label in one.labels), default=0)
            if best is None or doubt + novelty + rarity > best[0] + 1e-12:
                best = (doubt + novelty + rarity, place)
        if best is None:
            break
        taken.append(best[1])
        covered |= candidates[best[1]].new
        for label in candidates[best[1]].labels:
            counts[label] = counts.get(label, 0) + 1
    return taken


@pytest.mark.parametrize("seed", range(20))
def test_the_queue_chooses_what_trying_all_would(seed):
    draw = random.Random(seed)
    rows = []
    for _ in range(40):
        ngrams = draw.sample(range(30), draw.randint(0, 6))
        new = [each for each in ngrams if each % 3 == 0]
        labels = draw.choices("abcd", (8, 4, 2, 1), k=draw.randint(0, 3))
        rows.append(candidate(draw.random(), ngrams, new, labels))
    known = {("labels", "a"): 9, ("labels", "b"): 2}
    assert [choice.place for choice in choose(rows, known, 15)] == plainly(rows, known, 15)
