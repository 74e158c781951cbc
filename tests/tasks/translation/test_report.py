"""What the report shows of a split: every section, with texts as texts."""

import pytest

from pipeline.metrics.intervals import Interval
from pipeline.report.page import page
from pipeline.tasks.translation.report import report

TITLES = [
    "Scores of the translations",
    "By the length of the source",
    "Length",
    "Values",
    "Repetition",
    "Worst and best translations",
    "Attention",
    "Source tokens with little attention",
]
PAIRS = [
    ("订5月1日的票，800元", "Book a ticket for May 1, 800 yuan.", "Book a ticket for 800 yuan."),
    ("<script>alert(1)</script>", "</li> & \"x\" 'y'", "\u202e\x00\x1b[0m"),
    ("谢谢", "Thank you very much.", "Thank you very much."),
    ("好", "Good, let us go now.", "good good good good"),
    (" ", "", ""),
]


def align(texts):
    return [(["<s>", text], ["t"], [[0.1, 0.9]]) for text in texts]


@pytest.fixture(scope="module")
def show(settings_of, pair_of):
    """A function from pairs of texts to sections: title to markup."""

    def make(pairs, *more):
        made = [pair_of(*texts, source=f"f:{line}") for line, texts in enumerate(pairs, 1)]
        sections = report(settings_of(), *zip(*made, strict=True), *more)
        return {section.title: section.body for section in sections}

    return make


@pytest.fixture(scope="module")
def shown(show):
    return show(PAIRS, align, Interval(3.25, 3.0, 3.5))


def test_every_section_is_there_and_closed(read, shown):
    assert list(shown) == TITLES
    for body in shown.values():
        assert read(body).text
        assert not read(body).all("script")


def test_scores_carry_their_signatures(read, shown):
    rows = [[cell.text for cell in row.all("td")] for row in read(shown[TITLES[0]]).all("tr")[1:]]
    assert len(rows) == 7
    by_name = {row[0]: row for row in rows}
    cased = by_name["BLEU, cased, of detokenised text"]
    assert "case:mixed" in cased[3]
    assert any("case:lc" in row[3] and "lowercased" in row[0] for row in rows)
    assert rows[-1][1:3] == ["3.25", "3.00–3.50"]


def test_values_repetition_and_lengths(read, shown):
    marks = [mark.text for mark in read(shown["Values"]).all("mark", **{"class": "wrong"})]
    assert "5月1日lost" in marks
    assert "2 of 5" in shown["Values"]  # the 1 of alert(1) is lost too
    assert "1 of 5" in shown["Repetition"]
    assert len(read(shown["By the length of the source"]).all("svg")) == 1
    assert "length ratio" in shown["Length"]
    assert read(shown["Attention"]).all("svg")


def test_without_model_values_or_loops(read, show):
    plain = show([("你好", "Hello.", "Hi.")])
    assert "reports no attention" in plain["Attention"]
    assert plain["Source tokens with little attention"] == ""
    assert "Neither" in plain["Values"]
    assert "No translation repeats" in plain["Repetition"]
    assert "perplexity" not in plain["Scores of the translations"]


def test_the_page_needs_nothing_else(settings_of, pair_of):
    record, answer = pair_of("a", "b", "c")
    document = page("t", "s", report(settings_of(), [record], [answer], align))
    assert "http" not in document.replace("http-equiv", "")
