"""Every format written and read back: the same utterances, or an error that says where."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError, InputError
from pipeline.tasks.slot_filling.loader import READERS, check
from pipeline.tasks.slot_filling.records import Span, Utterance, word_offsets
from pipeline.tasks.slot_filling.settings import ColumnSettings, DataSettings
from pipeline.tasks.slot_filling.writer import WRITERS, write

NAMES = {
    "jsonl": "a.jsonl",
    "triples": "a",
    "conll": "a.conll",
    "table": "a.tsv",
    "inline": "a.txt",
    "rasa": "a.yml",
    "smp": "a.json",
    "doccano": "d.jsonl",
    "label_studio": "l.json",
}
HOLD_ALL = ("jsonl", "doccano", "label_studio")  # whatever an utterance can be
PIECES = (
    *("Oslo", "to", "北京", "👩‍👧", "O", "B-x", "#", "# text = y", "-DOCSTART-", "null", "7"),
    *(" ", "  ", "\t", "\u3000", "\u00a0", "\u2028", "\x85", "\r", "\n", "\ufeff", "\x00"),
    *("[", "]", "(", ")", "{", "}", "\\", "\\[", "](", "[x](y)", '{"entity": "z"}', ":", "- "),
    *('"', "'", ",", "|", "%", "&", "*", "!", "<", "@", "`", "é", "e\u0301", "\U0001f600"),
)
PLAIN = (
    "Oslo",
    "to",
    "from",
    "北京",
    "(two)",
    "a:b",
    "👩‍👧",
    "it's",
    '"3%"',
    "C:\\new",
    "#1",
    "-",
    "O",
)
SLOTS = ("city", "to.city-name", "日期", "a_b", "B-x", "a:b")
INTENTS = ("book", "flight#fare", "订票", "a/b", "yes", "12", "null", "two words")


@st.composite
def utterances(draw, pieces, joint, intents, parts):
    """A text of pieces; spans of whole pieces; tokens as the words between spaces, or none."""
    chosen = draw(st.lists(st.sampled_from(pieces), max_size=7))
    text = joint.join(chosen)
    starts = [len(joint.join(chosen[:n])) + (len(joint) if n else 0) for n in range(len(chosen))]
    edges = sorted(draw(st.sets(st.sampled_from(range(len(chosen) + 1)), max_size=4)))
    spans = []
    for first, last in zip(edges[::2], edges[1::2], strict=False):
        start, end = starts[first], starts[last - 1] + len(chosen[last - 1])
        if start < end and text[start:end] == text[start:end].strip():
            spans.append(Span(draw(st.sampled_from(SLOTS)), start, end))
    tokens = draw(st.sampled_from([(), word_offsets(text)]))
    return Utterance(
        text, draw(st.sampled_from(intents)), tuple(spans), tokens, draw(st.sampled_from(parts))
    )


def test_every_format_of_the_settings_is_read_and_written():
    formats = get_args(DataSettings.model_fields["format"].annotation)
    assert set(formats) == set(READERS) == set(WRITERS) == set(NAMES)


nasty = utterances(PIECES, "", (*INTENTS, "", "# x", " a", "a\tb"), [(), ("cue",), ("a b", "c")])
plain = utterances(PLAIN, " ", INTENTS, [()])


def numbered(rows):
    return [replace(row, source=f"source.x:{number}") for number, row in enumerate(rows, start=7)]


def written(rows, folder, format_, tags=None):
    path = folder / NAMES[format_]
    assert write([row.to_record() for row in rows], path, format_, tags) == format_
    return path


def refusal(rows, folder, format_):
    """What was raised instead of writing, if anything."""
    try:
        written(rows, folder, format_)
    except DataError as error:
        return error
    return None


def read(path, format_):
    rows = list(READERS[format_](path, ColumnSettings()))
    for row in rows:
        check(row)
    return rows


def content(rows):
    """What must not be lost, in Rasa's order."""
    first = {row.intent: place for place, row in reversed(list(enumerate(rows)))}
    rows = sorted(rows, key=lambda row: first[row.intent])
    return [(row.text, row.intent, sorted(row.spans), row.parts, row.tokens) for row in rows]


def without_tokens(rows):
    return content([replace(row, tokens=()) for row in rows])


@pytest.mark.parametrize("format_", WRITERS)
@settings(max_examples=40)
@given(rows=st.lists(nasty, max_size=3).map(numbered))
def test_nothing_is_lost_in_silence(format_, rows):
    with tempfile.TemporaryDirectory() as folder:
        error = refusal(rows, Path(folder), format_)
        found = [] if error else read(Path(folder) / NAMES[format_], format_)
    if error:
        assert format_ not in HOLD_ALL, error
        assert error.path == "source.x", error
        assert error.line in range(7, 7 + len(rows))
        assert "\n" not in str(error)
        return
    assert without_tokens(found) == without_tokens(rows)
    if all(row.tokens for row in rows):
        assert content(found) == content(rows)


@pytest.mark.parametrize("one", WRITERS)
@settings(max_examples=5)
@given(rows=st.lists(plain, min_size=1, max_size=4).map(numbered))
def test_between_any_two_formats_and_back(one, rows):
    for other in WRITERS:
        with tempfile.TemporaryDirectory() as folder:
            first = read(written(rows, Path(folder), one), one)
            (Path(folder) / "there").mkdir()
            there = read(written(first, Path(folder) / "there", other), other)
            (Path(folder) / "back").mkdir()
            back = read(written(there, Path(folder) / "back", one), one)
        assert without_tokens(back) == without_tokens(there) == without_tokens(rows)
        if all(row.tokens for row in rows):
            assert content(back) == content(rows)


ROW = Utterance("to New York now", "book", (Span("city", 3, 11),), source="rows.jsonl:3")


@pytest.mark.parametrize(
    ("format_", "row", "message"),
    [
        ("triples", replace(ROW, parts=("cue",)), "it belongs to the parts cue"),
        ("triples", replace(ROW, intent=""), "it has no intent"),
        (
            "triples",
            replace(ROW, spans=(Span("city", 3, 10),)),
            "span city 'New Yor' does not consist",
        ),
        ("table", replace(ROW, tokens=((0, 1),)), "its tokens are not the words between spaces"),
        ("table", replace(ROW, text="to New\nYork now"), "a line break in the text"),
        ("smp", replace(ROW, intent=""), "it has no intent"),
        ("rasa", replace(ROW, text="to [New](x) now"), "rasa cannot hold it: "),
        (
            "conll",
            replace(ROW, text="-DOCSTART- York", spans=()),
            "conll changes its text from '-DOCSTART- York' to",
        ),
        ("inline", replace(ROW, intent="# x"), "inline cannot hold it: it is lost"),
    ],
)
def test_what_a_format_cannot_hold_is_rejected_with_its_line(tmp_path, format_, row, message):
    error = refusal([ROW, row], tmp_path, format_)
    assert str(error).startswith(f"rows.jsonl:3: {message}")


def test_touching_spans_of_a_slot_are_no_matter_for_io_tags(tmp_path):
    row = replace(ROW, spans=(Span("city", 3, 6), Span("city", 7, 11)))
    assert read(written([row], tmp_path, "conll"), "conll")[0].spans == row.spans
    with pytest.raises(
        DataError, match="two spans of one slot touch, which IO tags cannot represent"
    ):
        written([row], tmp_path, "triples", "IO")


@pytest.mark.parametrize(
    ("name", "format_", "tags", "message"),
    [
        (
            "a.json",
            None,
            None,
            "a.json: its ending `.json` names no format; expected --to with one",
        ),
        ("a.jsonl", "csv", None, "a.jsonl: format `csv`; expected --to with one of jsonl, triples"),
        ("a.conll", None, "BOI", "--tags BOI: expected one of BIO, BIOES"),
        ("a.jsonl", None, "BIO", "--tags BIO: expected one of"),
    ],
)
def test_an_unknown_format_or_scheme_is_rejected(tmp_path, name, format_, tags, message):
    with pytest.raises(InputError) as caught:
        write([ROW.to_record()], tmp_path / name, format_, tags)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "format_"),
    [("a", "triples"), ("a.bio", "conll"), ("a.csv", "table"), ("a.md", "inline")],
)
def test_the_ending_says_the_format(tmp_path, name, format_):
    assert write([ROW.to_record()], tmp_path / name, None, None) == format_
