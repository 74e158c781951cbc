"""Repairs: spaces and unseen characters go, all else stays byte for byte."""

import pytest

from pipeline.tasks.translation.repair import CONTROL, SPACE, repair, repair_side

BOTH = f"{SPACE}; {CONTROL}"


@pytest.mark.parametrize(
    ("side", "mended", "what"),
    [
        (" a b\t", "a b", SPACE),
        ("a\u3000", "a", SPACE),
        ("a\x00b", "ab", CONTROL),
        ("\ufeff a", "a", BOTH),
        ("a\tb \x85c\u2028\x0b\x93d\x93", "a\tb \x85c\u2028\x0b\x93d\x93", ""),
        ("a\n", "a\n", ""),
        (" ", " ", ""),
        ("\x00", "\x00", ""),
        ("", "", ""),
    ],
)
def test_a_side_by_hand(side, mended, what):
    assert repair_side(side) == (mended, what)


def test_a_copy_of_each_file_with_something_to_mend(write, make_data):
    files = {
        "train": {"source": write("a.en", "x\r\ny\n"), "target": write("a.de", "u \r\n\x01v\n")},
        "valid": {
            "path": write("b.csv", 'n,source,target\n7," a""b",x\n8,c,d\n'),
            "format": "csv",
        },
        "test": {
            "path": write("c.jsonl", '{"source":  "a ", "target": "b"}\n{"source":'),
            "format": "jsonl",
        },
        "other": {"path": "no_such.parquet", "format": "parquet"},
    }
    done = list(repair(make_data("aligned", files)))
    assert [(path.name, copy.name, mended) for path, copy, mended in done] == [
        ("a.de", "a.fixed.de", [(1, SPACE), (2, CONTROL)]),
        ("b.csv", "b.fixed.csv", [(2, SPACE)]),
        ("c.jsonl", "c.fixed.jsonl", [(1, SPACE)]),
    ]
    assert [copy.read_bytes() for _, copy, _ in done] == [
        b"u\r\nv\n",
        b'n,source,target\n7,"a""b",x\n8,c,d\n',
        b'{"source": "a", "target": "b"}\n{"source":',
    ]
