"""Tables: every row of the scores, and numbers to the right."""

from pipeline.report.tables import facts_table, scores_table, table


def result(split, n=10, **values):
    metrics = {k: {"value": v, "low": v - 1, "high": v + 1} for k, v in values.items()}
    return {"split": split, "examples": n, "metrics": metrics}


def rows(tree):
    return [[cell.text for cell in row.children] for row in tree.all("tr")]


def test_numbers_stand_to_the_right_and_texts_are_text(read):
    tree = read(table(("kind", "n"), [("<b>", 1234), ("x", 5)]))
    assert rows(tree) == [["kind", "n"], ["<b>", "1,234"], ["x", "5"]]
    assert [cell.attributes.get("class") for cell in tree.all("td")] == [None, "number"] * 2
    assert rows(read(table(("kind", "n"), []))) == [["kind", "n"]]


def test_the_headline_comes_first_with_its_interval(read):
    tree = read(
        scores_table([result("test", 2020, intent_accuracy=98.0, slot_f1=97.126)], "slot_f1")
    )
    assert rows(tree) == [
        ["split", "n", "slot F1", "intent accuracy"],
        ["test", "2,020", "97.1396.1–98.1", "98.0097.0–99.0"],
    ]


def test_every_row_is_shown_also_one_with_other_metrics(read):
    results = [
        result("test", f1=90.0, role_accuracy=80.0),
        result("test/stress_seen", f1=85.0),
        result("test/stress_<unseen>", f1=75.0, swapped=70.0),
    ]
    shown = rows(read(scores_table(results, "f1")))
    assert shown[0] == ["split", "n", "F1", "role accuracy", "swapped"]
    assert [row[0] for row in shown[1:]] == ["test", "\u2003stress_seen", "\u2003stress_<unseen>"]
    assert shown[2][3:] == ["–", "–"]
    assert shown[3][4].startswith("70.00")


def test_any_of_has_a_column_only_where_it_differs(read):
    same = [result("test", f1=1.0, intent_accuracy=9.0, intent_accuracy_any_of=9.0)]
    assert rows(read(scores_table(same, "f1")))[0] == ["split", "n", "F1", "intent accuracy"]
    other = [*same, result("valid", f1=1.0, intent_accuracy=8.0, intent_accuracy_any_of=9.0)]
    assert "intent accuracy any of" in rows(read(scores_table(other, "f1")))[0]


def test_facts_name_what_is_inside_by_its_path(read):
    facts = {"python": "3.11", "machine": {"cores": 2, "cpu": None}, "files": {"a/<b>": "00ff"}}
    assert rows(read(facts_table(facts))) == [
        ["python", "3.11"],
        ["machine.cores", "2"],
        ["machine.cpu", "–"],
        ["files.a/<b>", "00ff"],
    ]
