"""Every format written and read back: the same pairs, or an error that says where."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError, InputError
from pipeline.tasks.translation.detect import detect
from pipeline.tasks.translation.loader import read
from pipeline.tasks.translation.records import Example, check, from_record
from pipeline.tasks.translation.writer import WRITERS, write

PIECES = (
    *("Oslo", "北京", "👩‍👧", "null", "NA", "7", "#", "e\u0301", "<b>", "&amp;", "]]>", "&"),
    *(" ", "  ", "\t", "\u3000", "\u00a0", "\u2028", "\x85", "\r", "\n", "\r\n", "\ufeff", "\x00"),
    *(",", ";", "|", '"', '""', "'", "\\", "{", "}", "[", "]", ":", "\x1c", "\x0b", "\ufffe"),
)
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join).filter(str.strip)
HOLD_ALL = ("jsonl", "parquet")


def numbered(rows):
    rows = [Example(*row[:2], f"source.x:{number}", *row[2:]) for number, row in enumerate(rows, 7)]
    for row in rows:
        check(row)
    return rows


def written(rows, path, format_):
    assert write([row.to_record() for row in rows], path, format_, None) == format_
    return path


def refusal(rows, path, format_):
    """What was raised instead of writing, if anything."""
    try:
        written(rows, path, format_)
    except DataError as error:
        return error
    return None


@pytest.mark.parametrize("format_", WRITERS)
@settings(max_examples=60)
@given(rows=st.lists(st.tuples(texts, texts), max_size=4))
def test_what_is_written_is_read_back_or_refused_by_line(
    tmp_path_factory, make_data, format_, rows
):
    rows, path = numbered(rows), tmp_path_factory.mktemp("out") / f"a.{format_}"
    if (error := refusal(rows, path, format_)) is not None:
        assert format_ not in HOLD_ALL
        assert error.path == "source.x"
        assert 7 <= error.line < 7 + len(rows)
    if error is not None or not rows:
        return
    files = {"train": path}
    if format_ == "aligned":
        files = {"train": {side: path / f"train.{side}" for side in ("source", "target")}}
    languages = detect(path)[0]["languages"] if format_ == "tmx" else {}
    found = [from_record(r) for r in read(make_data(format_, files, languages=languages))]
    assert [(row.text, row.target) for row in found] == [(row.text, row.target) for row in rows]


PLAIN = [
    ("The dog is in the garden.", "狗在花园里。"),
    ('What have you "seen"?', "你看到了什么？ <b> & co"),
]


@pytest.mark.parametrize("format_", WRITERS)
def test_what_is_written_is_guessed_and_read(tmp_path, make_data, format_):
    path = written(numbered(PLAIN), tmp_path / f"a.{format_}", format_)
    found, _ = detect(path)
    assert found["format"] == format_
    assert found["languages"] == {"source": "en", "target": "zh"}
    records = list(read(make_data(found.pop("format"), found.pop("files"), **found)))
    assert [(r["text"], r["target"]) for r in records] == PLAIN


@pytest.mark.parametrize(
    ("format_", "row", "wrong"),
    [
        ("aligned", ("a\nb", "x"), "aligned files cannot hold line breaks in a text"),
        ("aligned", ("a", "x\r"), "aligned files cannot hold line breaks"),
        ("tmx", ("a\x00", "x"), "XML cannot hold the character '\\x00'"),
        ("csv", ("a", "x", ("part",)), "csv changes its parts from ['part'] to []"),
        ("tmx", ("a", "x", ("part",)), "tmx changes its parts from ['part'] to []"),
        ("aligned", ("\ufeffa", "x"), "aligned changes its text from '\\ufeffa' to 'a'"),
    ],
)
def test_what_a_format_cannot_hold_is_rejected_with_its_own_line(tmp_path, format_, row, wrong):
    with pytest.raises(DataError) as caught:
        written(numbered([row, ("fine", "x")]), tmp_path / "out", format_)
    assert wrong in str(caught.value)
    assert str(caught.value).startswith("source.x:7: ")


@pytest.mark.parametrize("format_", HOLD_ALL)
def test_parts_are_kept(tmp_path, make_data, format_):
    rows = numbered([("a", "x", ("p", "q")), ("b", "y")])
    path = written(rows, tmp_path / "out", format_)
    found = [from_record(record).parts for record in read(make_data(format_, {"train": path}))]
    assert found == [("p", "q"), ()]


def test_the_ending_says_the_format_and_the_user_may(tmp_path):
    records = [Example("a b", "x", "s:1").to_record()]
    for format_ in WRITERS:
        if format_ != "aligned":
            assert write(records, tmp_path / f"a.{format_}", None, None) == format_
    assert (tmp_path / "a.csv").read_bytes() == b"source,target\na b,x\n"
    assert (tmp_path / "a.jsonl").read_bytes() == b'{"source": "a b", "target": "x"}\n'
    assert b'<tuv xml:lang="x-source"><seg>a b</seg></tuv>' in (tmp_path / "a.tmx").read_bytes()
    write(records, tmp_path / "b", "aligned", None)
    assert (tmp_path / "b" / "train.source").read_bytes() == b"a b\n"
    assert (tmp_path / "b" / "train.target").read_bytes() == b"x\n"
    with pytest.raises(InputError, match=r"a\.txt: its ending `\.txt` names no format; expected"):
        write(records, tmp_path / "a.txt", None, None)
    with pytest.raises(InputError, match="format `tfds`; expected --to with one of aligned, csv"):
        write(records, tmp_path / "a", "tfds", None)
    with pytest.raises(InputError, match="--tags BIO: translation has no tags"):
        write(records, tmp_path / "a.csv", None, "BIO")
