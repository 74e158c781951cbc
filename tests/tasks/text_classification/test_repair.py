"""Repairs: what is safe is mended, all else stays byte for byte, and the result is well formed."""

import gzip
import json

import pytest

from pipeline.errors import InputError
from pipeline.tasks.text_classification.loader import read
from pipeline.tasks.text_classification.repair import repair
from pipeline.userfiles.repair import fixed_name

SPACE = "whitespace around a label removed"
REPEAT = "a repeated label removed"
BOTH = f"{SPACE}; {REPEAT}"


@pytest.fixture
def mend(write, make_data):
    """A function from a format and a file's content to (the copy's bytes, what was mended)."""

    def mend(format_, name, content, **rest):
        path = write(name, content)
        before = path.read_bytes()
        found = list(repair(make_data(format_, {"train": path, "test": path}, **rest)))
        assert path.read_bytes() == before
        if not found:
            return None, []
        [(source, target, mended)] = found
        assert (source, target) == (path, fixed_name(path))
        list(read(make_data(format_, {"train": target}, **rest)))
        return target.read_bytes(), mended

    return mend


MULTI = {"multi_label": True}


@pytest.mark.parametrize(
    ("format_", "content", "rest", "fixed", "mended"),
    [
        ("csv", "text,label\r\na, x\r\nb,x\r\n", {}, "text,label\r\na,x\r\nb,x\r\n", [(2, SPACE)]),
        ("csv", '"text",label\n"a\r\nb","x "\n', {}, '"text",label\n"a\r\nb","x"\n', [(2, SPACE)]),
        ("csv", 'text,label\na,"x, y,x"', MULTI, 'text,label\na,"x,y"', [(2, BOTH)]),
        ("csv", 'text,label\na,"x,x"\nb,\n', MULTI, 'text,label\na,"x"\nb,\n', [(2, REPEAT)]),
        (
            "csv",
            " x,a\n\ny,b\n",
            {"header": False, "columns": {"text": ["1"], "label": "0"}},
            "x,a\n\ny,b\n",
            [(1, SPACE)],
        ),
        (
            "tsv",
            'text\tlabel\nwhy "a" now\tx \n"b"\tx\n',
            {},
            'text\tlabel\nwhy "a" now\tx\n"b"\tx\n',
            [(2, SPACE)],
        ),
        (
            "tsv",
            'text\tlabel\n"a\n\tb"\tx \nc\t y\n',
            {},
            'text\tlabel\n"a\n\tb"\tx\nc\ty\n',
            [(2, SPACE), (4, SPACE)],
        ),
        (
            "fasttext",
            "__label__a __label__a  b\n\n__label__c d",
            MULTI,
            "__label__a  b\n\n__label__c d",
            [(1, REPEAT)],
        ),
        ("label_text", "a,b,a c\r\na d\n", MULTI, "a,b c\r\na d\n", [(1, REPEAT)]),
    ],
)
def test_labels_are_mended_and_all_else_stays(mend, format_, content, rest, fixed, mended):
    assert mend(format_, "a.txt", content, **rest) == (fixed.encode(), mended)
    marked = ("\ufeff" + content).encode()
    assert mend(format_, "b.txt", marked, **rest) == (("\ufeff" + fixed).encode(), mended)


@pytest.mark.parametrize(
    ("format_", "content", "rest"),
    [
        ("csv", "text,label\na,x\n", {}),
        ("csv", "text,label\na,\n", {}),
        ("csv", 'text,label\na,"x, ,y"\n', MULTI),
        ("csv", 'text,label\na,"x,x"\n', {}),  # one label with a comma
        ("csv", "text,label\na, x,y\n", {}),
        ("csv", "body,y\na, x\n", {}),
        ("csv", "", {}),
        ("csv", "\n\n", {}),
        ("csv", b"text,label\na, x\n\xff,x\n", {}),
        ("jsonl", '{"text": "a", "label": ["x", "x"]}', {}),
        ("jsonl", '{"text": "a", "label": [1, 1]}\n7\n{', MULTI),
        ("fasttext", "__label__a __label__a b\n", {}),
        ("fasttext", "__label__ b\n", MULTI),
    ],
)
def test_what_is_not_safe_is_left(write, make_data, format_, content, rest):
    path = write("a.txt", content)
    assert list(repair(make_data(format_, {"train": path}, **rest))) == []
    assert not fixed_name(path).exists()


def test_objects_are_written_anew_where_mended_alone(mend):
    lines = ['{"label":  "x", "text": "a"}', '{"id": 1, "label": [" y", "x", "y"], "text": "京"}']
    content, mended = mend("jsonl", "a.jsonl", "\n".join(lines), **MULTI)
    assert mended == [(2, BOTH)]
    first, second = content.decode().split("\n")
    assert first == lines[0]
    assert second == '{"id": 1, "label": ["y", "x"], "text": "京"}'
    content, mended = mend("jsonl", "b.jsonl.gz", gzip.compress(b'{"label": "x ", "text": "a"}'))
    assert (json.loads(content)["label"], mended) == ("x", [(1, SPACE)])


def test_other_encodings_are_kept(mend):
    content = "text,label\nnaïve,é \n"
    for encoding in ("latin-1", "utf-16-le", "gb18030"):
        fixed, mended = mend("csv", f"{encoding}.csv", content.encode(encoding), encoding=encoding)
        assert fixed == content.replace("é ", "é").encode(encoding)
        assert mended == [(2, SPACE)]
    big = b"\xfe\xff" + content.encode("utf-16-be")
    assert mend("csv", "big.csv", big, encoding="utf-16") == (
        None,
        [],
    )  # it would be written little


def test_a_copy_is_never_written_over(write, make_data, mend):
    mend("csv", "a.csv", "text,label\na, x\n")
    data = make_data("csv", {"train": write("a.csv", "text,label\na, x\n")})
    with pytest.raises(InputError, match=r"a\.fixed\.csv: exists; move it away"):
        list(repair(data))


def test_what_is_no_text_file_is_passed_over(write, make_data):
    path = write("a.parquet", "PAR1")
    assert list(repair(make_data("parquet", {"train": path}))) == []
    assert list(repair(make_data("tfds", {"train": "tfds:no_such/train"}))) == []
