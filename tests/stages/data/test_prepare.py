"""A new file is read as the model's own data were: by the names of their columns, in its encoding.

Each file has usual names, too, on what must not be read.
"""

import json

import pytest

from pipeline.config import with_settings
from pipeline.errors import InputError
from pipeline.stages.data import prepare
from pipeline.stages.data.texts import texts_of

SLOT = {"slot": "city", "start": 3, "end": 7}
NEW = {  # task -> the names of its columns, rows of a new file, what is to be read of the first
    "slot_filling": (
        {"text": "Satz", "intent": "Absicht", "slots": "Stellen"},
        [
            {"text": "id", "intent": "no", "slots": []}
            | {"Satz": "to Oslo", "Absicht": "book", "Stellen": [SLOT]}
        ],
        {"text": "to Oslo", "intent": "book"},
    ),
    "text_classification": (
        {"text": ["Betreff", "Inhalt"], "label": "Kategorie"},
        [
            {"text": "id", "label": "no", "Betreff": "a seat", "Inhalt": word, "Kategorie": kind}
            for word, kind in (("by the aisle", "seats"), ("at night", "times"))
        ],
        {"text": "a seat by the aisle", "labels": ["seats"]},
    ),
    "translation": (
        {"source": ["getippt", "links"], "target": "rechts"},
        [{"source": "id", "target": "no", "links": "去奥斯陆的票", "rechts": "a ticket to Oslo"}],
        {"text": "去奥斯陆的票", "target": "a ticket to Oslo"},
    ),
}


@pytest.fixture(params=NEW)
def new(request, tiny_of, tmp_path):
    """A tiny task with its config, the names of a new file's columns, that file, what it says."""
    tiny = tiny_of(request.param)
    names, rows, expected = NEW[request.param]
    file = tmp_path / "new.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tiny, names, file, expected


def first_row(task, config, file):
    source = task.data.load(prepare.on_file(task, config, file).settings)
    return next(iter(source.splits["test"]()))


@pytest.mark.parametrize("where", ["data.columns", "retrain.columns"])
def test_the_names_of_the_model_s_columns_count_before_usual_ones(new, where):
    tiny, names, file, expected = new
    config = with_settings(tiny.config, {f"{where}.{role}": name for role, name in names.items()})
    assert expected.items() <= first_row(tiny.task, config, file).items()


def test_where_the_file_lacks_them_usual_names_are_read(new):
    tiny, names, file, _ = new
    config = with_settings(tiny.config, {f"retrain.columns.{role}": "gone" for role in names})
    assert first_row(tiny.task, config, file)["text"] == "id"


def test_what_is_no_column_of_the_task_is_refused(new):
    tiny, names, file, _ = new
    config = with_settings(tiny.config, {"retrain.columns.colour": "x"})
    with pytest.raises(InputError, match=rf"colour; expected {', '.join(names)}"):
        prepare.on_file(tiny.task, config, file)


def test_a_name_that_is_none_is_refused(new):
    tiny, names, file, _ = new
    role = next(iter(names))
    config = with_settings(tiny.config, {f"retrain.columns.{role}": {"a": 1}})
    with pytest.raises(InputError, match=rf"retrain\.columns\.{role}: "):
        prepare.on_file(tiny.task, config, file)


def test_texts_alone_are_found_by_these_names(tiny_of, tmp_path):
    tiny = tiny_of("text_classification")
    file = tmp_path / "new.csv"
    file.write_text("nr,Inhalt,Art\n1,by night,x\n2,by day,y\n3,at night,x\n", encoding="utf-8")
    config = with_settings(tiny.config, {"data.columns.text": ["Art"], "data.columns.label": "nr"})
    assert list(texts_of(tiny.task, config, file)) == ["x", "y", "x"]


@pytest.mark.parametrize("task", ["text_classification", "translation"])
def test_the_encoding_is_that_of_the_file(tiny_of, tmp_path, task):
    tiny = tiny_of(task)
    config = with_settings(tiny.config, {"data.encoding": "gb18030"})
    row = {"text": "订一张票", "label": "x", "target": "to München"}
    (tmp_path / "new.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    assert first_row(tiny.task, config, tmp_path / "new.jsonl")["text"] == row["text"]
    files = {"train": str(tmp_path / "new.jsonl")}
    assert tiny.task.data.bundled_settings(config.settings, files).data.encoding == "utf-8"


@pytest.mark.parametrize("task", NEW)
def test_semicolons_between_cells_are_told(tiny_of, tmp_path, task):
    (tmp_path / "new.csv").write_text("text;label;intent\nto Oslo, soon;x;y\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"new\.csv: .* are separated by `;`; expected `,` between"
    ):
        tiny_of(task).task.data.detect(tmp_path / "new.csv")
