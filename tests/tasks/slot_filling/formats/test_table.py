"""CSV and TSV: the columns that the config names, and rows that are refused by line."""

import pytest

from pipeline.errors import DataError
from pipeline.tasks.slot_filling.formats.table import read
from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings


def test_a_row_is_an_utterance(write):
    path = write("a.csv", 'id,intent,text,tags\n007,book,"to  Oslo, now",O B-city O\n8, hi ,x,O\n')
    assert list(read(path, ColumnSettings())) == [
        Utterance(
            "to  Oslo, now",
            "book",
            (Span("city", 4, 9),),
            tokens=((0, 2), (4, 9), (10, 13)),
            source=f"{path}:2",
        ),
        Utterance("x", "hi", (), tokens=((0, 1),), source=f"{path}:3"),
    ]


def test_the_config_names_the_columns(write):
    path = write("a.tsv", "sentence\tbio\tlabel\n去 北京\tO B-city\tbook\n")
    columns = ColumnSettings(text="sentence", tags="bio", intent="label")
    [found] = read(path, columns)
    assert (found.text, found.spans) == ("去 北京", (Span("city", 2, 4),))


def test_a_missing_column_is_named_with_those_there_are(write):
    path = write("a.csv", "text,label\na,b\n")
    with pytest.raises(DataError) as caught:
        list(read(path, ColumnSettings()))
    expected = f"{path}:1: no column 'tags' among text, label; expected each configured column"
    assert str(caught.value) == expected


def test_bad_rows_are_rejected_by_line_quoted_line_breaks_counted(write):
    rows = ['"a\nb",O,i', "c d,O,i", "e,O,", "f,,i", "g", "h,O,i"]
    path = write("a.csv", "\n".join(["text,tags,intent", *rows]))
    errors = []
    found = list(read(path, ColumnSettings(), errors.append))
    assert [utterance.source for utterance in found] == [f"{path}:2", f"{path}:8"]
    assert [str(error) for error in errors] == [
        f"{path}:4: 1 tags for the 2 words of 'c d'; expected one tag per word",
        f"{path}:5: the intent is empty; expected the intent's name",
        f"{path}:6: 0 tags for the 1 words of 'f'; expected one tag per word",
        f"{path}:7: 0 tags for the 1 words of 'g'; expected one tag per word",
    ]


def test_words_such_as_na_are_words(write):
    path = write("a.csv", "text,tags,intent\nNA,B-x,null\n")
    [found] = read(path, ColumnSettings())
    assert (found.text, found.intent, found.spans) == ("NA", "null", (Span("x", 0, 2),))
