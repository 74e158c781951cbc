"""Guess the encoding of a text file."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from pipeline.datasets.lines import UTF_8, read_bytes

WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
HAN = 0.9  # minimum share of Chinese among the non-ASCII characters of a Chinese text


def guess_encoding(path: Path) -> str:
    """Return UTF-8 if the file is in it; otherwise UTF-16, GB18030, Latin-1 or Windows-1252.

    A file is damaged UTF-8 if more of its non-ASCII lines are valid UTF-8 than not. It is GB18030
    if nearly all of its non-ASCII characters are then Chinese. The bytes 0x80 to 0x9F distinguish
    Windows-1252 from Latin-1, where they are control characters.
    """
    raw = read_bytes(path)
    for mark, name in WIDE:
        if raw.startswith(mark):
            return name
    if raw.isascii():
        return UTF_8
    lines = [line for line in raw.split(b"\n") if not line.isascii()]
    proper = sum(_text(line, UTF_8) is not None for line in lines)
    if 2 * proper > len(lines):
        return UTF_8
    # Non-ASCII bytes come in pairs in Chinese, and alone (accented letters) in Western texts.
    pairs = sum(len(run) for run in re.findall(rb"(?:[\x81-\xfe]{2})+", raw))
    paired = pairs >= HAN * sum(byte >= 0x80 for byte in raw)
    characters = [c for c in _text(raw, "gb18030") or "" if not c.isascii()]
    han = sum("\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef" for c in characters)
    if paired and characters and han >= HAN * len(characters):
        return "gb18030"
    controls = any(0x80 <= byte <= 0x9F for byte in raw)
    return "cp1252" if controls and _text(raw, "cp1252") is not None else "latin-1"


def _text(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None
