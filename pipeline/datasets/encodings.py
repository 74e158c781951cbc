"""Which encoding a text file is likely saved in, where nobody says it."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from pipeline.datasets.lines import UTF_8, read_bytes

WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
HAN = 0.9  # share of the characters other than ASCII, from which a text is Chinese


def guess_encoding(path: Path) -> str:
    """UTF-8, unless the file is none; then UTF-16, GB18030, Latin-1 or Windows-1252.

    A file with more lines of proper UTF-8 than of damaged ones (ASCII aside) is UTF-8, damaged.
    GB18030 is one whose characters then are Chinese nearly all; Latin-1 and Windows-1252 are told
    apart by the bytes 0x80 to 0x9F, which are no letters in Latin-1.
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
    # Bytes of Chinese stand in pairs; of Western texts the letters with accents stand alone.
    pairs = sum(len(found) for found in re.findall(rb"(?:[\x81-\xfe]{2})+", raw))
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
