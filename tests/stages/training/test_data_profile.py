"""Facts about training texts, by hand."""

from types import SimpleNamespace

import pytest

from pipeline.stages.training.data_profile import data_profile


def task_with(limit=None):
    """A task whose tokens are the words; words with a `?` are unknown."""

    def count_tokens(_, texts):
        return [(len(text.split()), text.count("?")) for text in texts]

    model = SimpleNamespace(
        count_tokens=count_tokens, max_tokens=lambda _: limit, over_limit="training skips them"
    )
    return SimpleNamespace(model=model)


def test_the_facts_by_hand():
    facts = data_profile(task_with(), None, [["fly to 2", "", "x? 京 ?"], ["to"]])
    lengths = facts.pop("length_percentiles")  # of 0, 1, 3, 3
    assert facts == {"examples": 4, "tokens": 7, "unknown_token_rate": 2 / 7}
    by_hand = {"0": 0, "5": 0.15, "25": 0.75, "50": 2, "75": 3, "95": 3, "99": 3, "100": 3}
    assert lengths == pytest.approx(by_hand)


def test_texts_without_tokens_have_no_unknown_ones():
    facts = data_profile(task_with(), None, [["", " "]])
    assert (facts["tokens"], facts["unknown_token_rate"]) == (0, 0.0)


def test_texts_over_the_limit_are_counted_and_logged(capsys):
    facts = data_profile(task_with(2), None, [["good film", "a good film here"], [""]])
    assert facts["cut_share"] == pytest.approx(1 / 3)
    assert capsys.readouterr().err.endswith(
        "1 of 3 texts of train (33.3 %) have more than tokenizer.max_tokens = 2 tokens; training"
        " skips them\n"
    )


def test_nothing_is_logged_if_no_text_is_over_the_limit(capsys):
    assert data_profile(task_with(2), None, [["good film"]])["cut_share"] == 0
    assert capsys.readouterr().err == ""
