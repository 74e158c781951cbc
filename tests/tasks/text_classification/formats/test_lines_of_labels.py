"""fastText's lines and lines of label and text: exact texts, labels by hand, bad lines told."""

import gzip

import pytest

from pipeline.tasks.text_classification.formats import fasttext, label_text


@pytest.fixture
def read(write, make_form):
    """A function from a module and a file's content to its examples, and its errors if any."""

    def read(module, content, name="a.txt", **rest):
        path = write(name, content)
        errors = []
        format_ = module.__name__.rpartition(".")[2]
        rows = list(module.read(path, make_form(format_, **rest), errors.append))
        found = [(row.labels, row.text, int(row.source.rpartition(":")[2])) for row in rows]
        return (found, [(e.line, e.wrong) for e in errors]) if errors else found

    return read


@pytest.mark.parametrize(
    ("line", "labels", "text"),
    [
        ("__label__a b c", ("a",), "b c"),
        ("__label__a\tb", ("a",), "b"),
        ("__label__a  b ", ("a",), " b "),
        ("__label__a __label__b-1 c", ("a", "b-1"), "c"),
        ("__label__a \t __label__b c", ("a", "b"), "c"),
        ("__label__a", ("a",), ""),
        ("__label__ b", ("",), "b"),
        ("b c", (), "b c"),
        ("__label__a\u00a0b c", ("a\u00a0b",), "c"),
        ("__label__京 a\x85b\u2028", ("京",), "a\x85b\u2028"),
        ("__label__a b__label__", ("a",), "b__label__"),
    ],
)
def test_fasttext_lines_by_hand(read, line, labels, text):
    assert read(fasttext, f"\r\n{line}\r\n \n{line}") == [(labels, text, 2), (labels, text, 4)]
    assert fasttext.parse(fasttext.line_of(labels, text)) == (labels, text)
    assert read(fasttext, gzip.compress(f"{line}\n".encode()), "a.gz") == [(labels, text, 1)]


def test_a_fasttext_label_inside_the_text_is_rejected(read):
    found, errors = read(fasttext, "__label__a b __label__c\n__label__a b\nc\t__label__d\n")
    assert [line for _, _, line in found] == [2]
    assert errors == [(1, "__label__ inside the text"), (3, "__label__ inside the text")]


@pytest.mark.parametrize(
    ("line", "labels", "text"),
    [
        ("a b c", ("a",), "b c"),
        ("DESC:manner\tb", ("DESC:manner",), "b"),
        ("a  b ", ("a",), " b "),
        ("a,b c", ("a,b",), "c"),
        ("京\u00a0é a\x85b\u2028", ("京\u00a0é",), "a\x85b\u2028"),
        ("a ", ("a",), ""),
    ],
)
def test_label_text_lines_by_hand(read, line, labels, text):
    assert read(label_text, f"\n{line}\n{line}\r\n") == [(labels, text, 2), (labels, text, 3)]


def test_label_text_may_have_several_labels_and_another_encoding(read):
    assert read(label_text, "a|b c\n", multi_label=True, separator="|") == [(("a", "b"), "c", 1)]
    content = "0 naïve \xf0\n".encode("latin-1")
    assert read(label_text, content, encoding="latin-1") == [(("0",), "naïve \xf0", 1)]
    assert read(label_text, content)[1] == [(1, "byte 0xef at column 5 is not UTF-8")]


def test_label_text_without_a_label_or_a_text_is_rejected(read):
    assert read(label_text, " a b\nalone\na b\n") == (
        [(("a",), "b", 3)],
        [(1, "no label before the text"), (2, "no text after 'alone'")],
    )
