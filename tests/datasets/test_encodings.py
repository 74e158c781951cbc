"""Encodings guessed, with what the reader then reads."""

import gzip

import pytest

from pipeline.datasets.encodings import guess_encoding
from pipeline.datasets.lines import read_lines

CHINESE = "订一张去北京的机票，谢谢\n查航班\n" * 3


@pytest.mark.parametrize(
    ("text", "saved", "guessed"),
    [
        ("plain\n", "ascii", "utf-8"),
        ("", "ascii", "utf-8"),
        ("naïve é\n", "utf-8", "utf-8"),
        ("\ufeffa\n", "utf-8", "utf-8"),
        ("\ufeffa\n", "utf-16-le", "utf-16"),
        ("\ufeffa 京\n", "utf-16-be", "utf-16"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "utf-8", "utf-8"),
        ("one naïve line\nand more\n" * 5, "latin-1", "latin-1"),
        ("“quoted” – naïve\n", "cp1252", "cp1252"),
        ("caf\x81 \xe9t\xe9\n", "latin-1", "latin-1"),  # 0x81 is nothing in Windows-1252
    ],
)
def test_encodings_by_hand(tmp_path, text, saved, guessed):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(saved))
    assert guess_encoding(path) == guessed
    found = "\n".join(line for _, line in read_lines(path, encoding=guessed))
    assert found == text.removeprefix("\ufeff").removesuffix("\n")
    packed = tmp_path / "a.txt.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert guess_encoding(packed) == guessed


def test_a_damaged_line_among_proper_ones_leaves_utf8(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("é\n".encode() * 3 + b"\xe9\n")
    assert guess_encoding(path) == "utf-8"
