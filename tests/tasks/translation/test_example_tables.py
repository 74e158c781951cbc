"""Sentences of the report: texts as texts, values on their places, worst first."""

from pipeline.report.highlight import versions
from pipeline.tasks.translation.example_tables import SHOWN, lines_of, with_values, worst_and_best
from pipeline.tasks.translation.scored_example import score_examples


def test_three_lines_and_facts(read, settings_of, pair_of):
    pair = pair_of("<b>&", "</div>", "\x00 'x'", truncated=True, lost=2)
    (one,) = score_examples(settings_of(), [pair[0]], [pair[1]])
    tree = read(versions([lines_of(one, ["more"])]))
    assert [node.text for node in tree.all("div", dir="auto")] == ["<b>&", "</div>", "␀ 'x'"]
    facts = [node.text for node in tree.all("p", **{"class": "facts"})[0].all("span")]
    assert facts == ["f:1", "chrF++ 0.0", "cut short", "2 protected lost", "more"]


def test_values_are_marked(read, settings_of, pair_of):
    pair = pair_of("5月1日，800元", "May 1, 800 yuan", "May 1, 80 yuan")
    (one,) = score_examples(settings_of(), [pair[0]], [pair[1]])
    marks = read(versions([with_values(one)])).all("mark")
    assert [(mark.text, mark.attributes.get("class")) for mark in marks] == [
        ("5月1日", None),
        ("800元lost", "wrong"),
        ("80 yuaninvented", "wrong"),
    ]


def test_the_worst_and_the_best(read, settings_of, pair_of):
    text = "a b c d e f g h"
    many = [pair_of("x", text, text[:n], source=f"f:{n}") for n in range(15)]
    records, answers = zip(*many, *many, strict=True)
    judged = score_examples(settings_of("en", "de"), records, answers)
    tree = read(worst_and_best(judged))
    worst, best = tree.all("details")
    assert f"worst {SHOWN}" in worst.all("summary")[0].text
    assert worst.all("span")[0].text == "f:0"
    assert "best 10" in best.all("summary")[0].text
    assert best.all("span")[0].text == "f:14"
    assert "0 of 30" in tree.text


def test_nothing_differs(read, settings_of, pair_of):
    record, answer = pair_of("a", "b", "b")
    tree = read(worst_and_best(score_examples(settings_of(), [record], [answer])))
    assert "1 of 1" in tree.text
    assert not tree.all("details")
