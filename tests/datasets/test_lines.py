"""Readers of lines, objects and tables: nothing dropped, replaced or misnumbered."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets.lines import (
    content_key,
    read_header,
    read_lines,
    read_objects,
    read_rows,
    read_table,
    require,
)
from pipeline.errors import DataError, InputError


@pytest.fixture
def write(tmp_path):
    """A function from bytes (and a name) to the path of a file that holds them."""

    def write(data, name="data.txt"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


# --- lines ---


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\nb\n", ["a", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\n\n\nb", ["a", "", "", "b"]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb", ["a", "\ufeffb"]),
        (b"a\rb\n", ["a\rb"]),
        (b"a\r\r\n", ["a\r"]),
        (" a\t\u3000\n".encode(), [" a\t\u3000"]),
        (
            "a\u0085b\u2028c\u2029d\x0b\x0ce\x1cf\x00\n".encode(),
            ["a\u0085b\u2028c\u2029d\v\fe\x1cf\0"],
        ),
    ],
)
def test_lines_by_hand_plain_and_compressed(write, data, lines):
    expected = list(enumerate(lines, start=1))
    assert list(read_lines(write(data))) == expected
    assert list(read_lines(write(gzip.compress(data), "data.txt.gz"))) == expected


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))))
def test_any_lines_come_back(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "any_lines.txt"
    path.write_bytes("\r\n".join(["first", *lines, ""]).encode())
    assert [line for _, line in read_lines(path)] == ["first", *lines]


@pytest.mark.parametrize(
    ("data", "line", "byte", "column"),
    [
        (b"fine\nb\xe4d\n", 2, "e4", 2),
        (b"\xff", 1, "ff", 1),
        (b"\xef\xbb\xbfab\xc3\n", 1, "c3", 3),
        ("京\u0085\n京".encode() + b"\x80", 2, "80", 4),
        (b"a\nb\nc\xed\xa0\x80\n", 3, "ed", 2),
    ],
)
def test_a_line_that_is_not_utf8_is_rejected_with_its_line(write, data, line, byte, column):
    path = write(data)
    with pytest.raises(DataError) as caught:
        list(read_lines(path))
    assert str(caught.value) == (
        f"{path}:{line}: byte 0x{byte} at column {column} is not UTF-8;"
        " expected a file saved as UTF-8"
    )
    assert (caught.value.line, caught.value.exit_status) == (line, 2)


def test_a_collector_gets_every_bad_line_and_the_rest_is_read(write):
    errors = []
    lines = list(read_lines(write(b"\xff\nb\n\xfe\nd\n"), errors.append))
    assert lines == [(2, "b"), (4, "d")]
    assert [error.line for error in errors] == [1, 3]


@pytest.mark.parametrize(
    "data", [b"not gzip\n", gzip.compress(b"a\n" * 1000, mtime=0)[:-6], b"\x1f\x8b"]
)
def test_a_damaged_gzip_file_is_named(write, data):
    path = write(data, "data.gz")
    with pytest.raises(DataError, match=r"data\.gz: damaged .* expected an intact gzip file"):
        list(read_lines(path))


def test_a_missing_file_or_a_folder_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.txt: no such file or folder; .*NLP_DATA_DIR"):
        list(read_lines(tmp_path / "none.txt"))
    with pytest.raises(InputError, match=f"{tmp_path}: a folder; expected a file"):
        list(read_lines(tmp_path))
    assert require(tmp_path) == tmp_path


# --- objects ---


def test_objects_with_their_lines_blank_ones_skipped(write):
    path = write('{"a": "x\u0085y"}\n\n  \t\n{"b": [1, null]}\r\n')
    assert list(read_objects(path)) == [(1, {"a": "x\u0085y"}), (4, {"b": [1, None]})]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"data\.txt:2: not valid JSON \(.*\); expected one object per line"),
        ('{"a": 1} {"b": 2}', r":2: not valid JSON"),
        ("{'a': 1}", r":2: not valid JSON"),
        ("[" * 100_000, r":2: not valid JSON"),
        ("[1]", r":2: a JSON list; expected an object"),
        ('"a"', r":2: a JSON str; expected an object"),
        ("null", r":2: a JSON NoneType; expected an object"),
    ],
)
def test_a_bad_object_is_rejected_with_its_line(write, line, message):
    path = write(f"{{}}\n{line}\n{{}}\n")
    with pytest.raises(DataError, match=message) as caught:
        list(read_objects(path))
    assert "\n" not in str(caught.value)
    errors = []
    assert [number for number, _ in read_objects(path, errors.append)] == [1, 3]
    assert [error.line for error in errors] == [2]


# --- tables ---


@pytest.mark.parametrize(
    ("name", "data", "rows"),
    [
        ("a.csv", "a,b\n1,2\n", [(2, "1", "2")]),
        ("a.tsv", "a\tb\nx, y\t \n", [(2, "x, y", " ")]),
        ("a.csv", "a,b\r\nNA,007\r\nnull,1e3\r\n", [(2, "NA", "007"), (3, "null", "1e3")]),
        ("a.csv", "\ufeffa,b\n\ufeff1,2", [(2, "\ufeff1", "2")]),
        ("a.csv", '"a","b"\n"x ""y"", z",\n', [(2, 'x "y", z', "")]),
        ("a.csv", 'a,b\n"x\ny\r\nz",2\n3,4\n', [(2, "x\ny\r\nz", "2"), (5, "3", "4")]),
        ("a.csv", "a,b\nx\u0085y,z\u2028w\n1,2\n", [(2, "x\u0085y", "z\u2028w"), (3, "1", "2")]),
        ("a.csv", "a,b\n1,2\n\n3,4\n\n", [(2, "1", "2"), (4, "3", "4")]),
        ("a.csv", "a,b\n1\n3,4\n", [(2, "1", ""), (3, "3", "4")]),
        ("a.csv", "a,b\n", []),
    ],
)
def test_table_cells_stay_unchanged(write, name, data, rows):
    expected = [(line, {"a": a, "b": b}) for line, a, b in rows]
    assert list(read_table(write(data, name))) == expected
    packed = write(gzip.compress(data.encode()), f"{name}.gz")
    assert list(read_table(packed)) == expected
    assert read_header(packed) == ["a", "b"]


def test_line_numbers_count_line_breaks_in_the_header(write):
    path = write('"a\nz",b\n1,2\n', "a.csv")
    assert list(read_table(path)) == [(3, {"a\nz": "1", "b": "2"})]


@pytest.mark.parametrize("data", ["", "\ufeff", "\n"])
def test_an_empty_table_is_rejected(write, data):
    path = write(data, "a.csv")
    for read in (read_header, lambda path: list(read_table(path))):
        with pytest.raises(DataError, match=r"a\.csv: the file is empty; expected a header"):
            read(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("a,b\n1,2,3\n4,5,6\n", r"a\.csv:2: 3 cells; expected 2 cells, as the header has"),
        ("a,b\n1,2,\n4,5,\n", r"a\.csv:2: 3 cells; expected 2 cells, as the header has"),
        ("a,b\n1,2\n4,5,6\n", r"a\.csv:3: 3 cells; expected 2 cells, as the header has"),
        (
            'a,b\n"1,2\n',
            r"a\.csv:2: the quoted cell that begins here has no closing quote; expected a",
        ),
        ("a,a\n1,2\n", r"a\.csv:1: the column 'a' is repeated; expected unique column names"),
    ],
)
def test_a_table_that_does_not_fit_its_header_is_rejected(write, data, message):
    with pytest.raises(DataError, match=message) as caught:
        list(read_table(write(data, "a.csv")))
    assert "\n" not in str(caught.value)


def test_damaged_utf8_in_a_table_is_rejected_with_its_line(write):
    path = write(b"a,b\n1,2\n3,\xff\n\xfe,4\n", "a.csv")
    with pytest.raises(DataError, match=r"a\.csv:3: byte 0xff at column 3"):
        list(read_table(path))
    errors = []
    assert list(read_table(path, errors.append)) == [(2, {"a": "1", "b": "2"})]
    assert [error.line for error in errors] == [3, 4]


# --- content ---


def test_the_content_key_changes_with_bytes_name_order_and_settings(write):
    a, b = write("same", "a"), write("same", "b")
    keys = [
        content_key([a]),
        content_key([b]),
        content_key([a, b]),
        content_key([b, a]),
        content_key([a], "x"),
        content_key([a], {"x": 1}),
        content_key([a], {"x": 2}),
    ]
    keys.append(content_key([write("changed", "a")]))
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 16 and set(key) <= set("0123456789abcdef") for key in keys)


def test_the_content_key_is_that_of_the_content_wherever_it_lies(tmp_path):
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_bytes(b"same")
    here, there = (content_key([tmp_path / folder / "a"], 1) for folder in ("here", "there"))
    assert here == there


def test_the_content_key_changes_when_a_file_goes_to_another_folder(tmp_path):
    files = [tmp_path / "pos" / "1.txt", tmp_path / "neg" / "1.txt", tmp_path / "neg" / "2.txt"]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"same")
    assert content_key([files[0], files[2]]) != content_key([files[1], files[2]])
    assert content_key([]) == content_key([])


# --- rows, encodings ---


def test_rows_keep_what_other_readers_split_or_drop(write):
    path = write('NA,a\rb\n007,"x\r\ny"\n\n,\n"",\u00a0\n', "a.csv")
    assert list(read_rows(path, ",")) == [
        (1, ["NA", "a\rb"]),
        (2, ["007", "x\r\ny"]),
        (5, ["", ""]),
        (6, ["", "\u00a0"]),
    ]


def test_bad_rows_go_to_the_collector_and_the_rest_is_read(write):
    path = write(b'a,b\n"c" d,e\nf\xff,g\n"h\n\xff",i\nj,k\n"l,m\n', "a.csv")
    errors = []
    assert [row for _, row in read_rows(path, ",", errors.append)] == [["a", "b"], ["j", "k"]]
    assert [(error.line, error.wrong[:8]) for error in errors] == [
        (2, "' d,e' f"),
        (3, "byte 0xf"),
        (5, "byte 0xf"),
        (7, "the quot"),
    ]


def test_quotes_are_text_in_a_tsv_file_without_quoting(write):
    raw = '"a" he said\tx\n"so"\ty\n'
    assert list(read_rows(write(raw, "a.tsv"), "\t")) == [
        (1, ['"a" he said', "x"]),
        (2, ['"so"', "y"]),
    ]
    quoted = 'he said\tx\n"so\tand so\n"\ty\n'
    assert list(read_rows(write(quoted, "b.tsv"), "\t")) == [
        (1, ["he said", "x"]),
        (2, ["so\tand so\n", "y"]),
    ]
    with pytest.raises(DataError, match=r"c\.csv:1: ' he said,x' follows the quoted"):
        list(read_rows(write(raw.replace("\t", ","), "c.csv"), ","))


NASTY = "first\n a\x85b\u00a0\r\n\n京\rz"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "gb18030"]
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_stated_encodings(write, encoding, mark):
    path = write((mark + NASTY).encode(encoding), f"{encoding}.txt")
    expected = [(1, "first"), (2, " a\x85b\u00a0"), (3, ""), (4, "京\rz")]
    if mark and encoding in ("utf-8-sig", "utf-16", "utf-32"):
        expected[0] = (1, f"{mark}first")  # one mark is the encoding's own, the other is text
        assert "".join(path.read_bytes().decode(encoding)).startswith(mark)
    if mark and encoding in ("utf-16", "utf-32"):
        expected[0] = (1, "first")
    assert list(read_lines(path, encoding=encoding)) == expected


def test_a_byte_outside_the_stated_encoding_is_rejected_with_its_line(write):
    with pytest.raises(
        DataError, match=r":2: byte 0x81 at column 2 is not cp1252; expected a file"
    ):
        list(read_lines(write(b"a\nb\x81\n"), encoding="cp1252"))
    wide = "a\nbc".encode("utf-16-le") + b"\x00\xd8"
    with pytest.raises(DataError, match=r":2: byte 0x00 at column 3 is not utf-16-le"):
        list(read_lines(write(wide), encoding="utf-16-le"))
    errors = []
    assert list(read_lines(write(wide), errors.append, "utf-16-le")) == []
    assert len(errors) == 1


@pytest.mark.parametrize("encoding", ["no-such", "rot13", "base64", "a\0b"])
def test_an_unknown_encoding_is_rejected(write, encoding):
    with pytest.raises(InputError, match="unknown; expected one of Python's names, such as utf-8"):
        list(read_lines(write("a"), encoding=encoding))
