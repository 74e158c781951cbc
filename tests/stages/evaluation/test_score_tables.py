"""How scores look on a terminal of any width."""

import pytest

from pipeline.stages.evaluation.score_tables import ScoreRow, print_scores, print_unseen_labels

METRICS = ("slot_f1", "intent_accuracy", "intent_accuracy_any_of", "role_found", "slot_f1_token")


@pytest.fixture
def printed(capsys, monkeypatch):
    """A function from the terminal's width to the lines that two rows take there."""

    def show(width, rows):
        monkeypatch.setenv("COLUMNS", str(width))
        print_scores(
            "tiny", "slot_f1", rows, lambda value, headline: f"{value:.2f}{'!' * headline}"
        )
        return [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]

    return show


def rows(**changed):
    values = {name: 90.0 + place for place, name in enumerate(METRICS)} | changed
    return [ScoreRow("test", 24, values), ScoreRow("test/zh", 12, {"slot_f1": 50.0})]


def test_one_table_where_there_is_room_and_one_for_the_headline_by_other_rules(printed):
    lines = printed(120, rows())
    assert lines[0] == ["tiny"]
    assert ["test", "24", "90.00!", "91.00", "92.00", "93.00"] in lines
    assert ["zh", "12", "50.00!", "-", "-", "-"] in lines
    assert "tiny: slot f1 by other rules" in " ".join(word for line in lines for word in line)
    assert ["test", "94.00"] in lines


def test_columns_that_do_not_fit_go_on_below_and_none_is_lost(printed):
    lines = printed(30, rows())
    assert lines.count(["tiny,", "continued"]) >= 1
    cells = [cell for line in lines if line[0] == "test" for cell in line]
    assert [cell for cell in cells if "." in cell] == ["90.00!", "91.00", "92.00", "93.00", "94.00"]
    assert cells.count("24") == 1


def test_any_of_is_left_out_where_it_says_the_same(printed):
    lines = printed(120, rows(intent_accuracy_any_of=91.0))
    assert ["test", "24", "90.00!", "91.00", "93.00"] in lines


def test_no_table_where_train_had_every_label(capsys):
    print_unseen_labels("tiny", {"test": {"slots": {}, "intents": {}}})
    assert capsys.readouterr().out == ""
