"""Rows of the corpus, and the keys by which rows are compared."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from frames import Piece, Template

Row = dict[str, Any]


def comparable(text: str) -> str:
    """Return a text without case, spaces and punctuation, to find duplicates across splits."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(character for character in folded if character.isalnum())


def carrier(pieces: list[Piece]) -> str:
    """Return the comparable text with slot names in place of the values."""
    return comparable("".join(f" {piece.slot} " if piece.slot else piece.text for piece in pieces))


def carrier_of(row: Row) -> str:
    """Return the carrier of a row."""
    text = row["text"]
    for slot in reversed(row["slots"]):
        text = f"{text[: slot['start']]} {slot['slot']} {text[slot['end'] :]}"
    return comparable(text)


def slots_of(pieces: list[Piece]) -> list[Row]:
    """Return the slots of the text of these pieces, with their offsets."""
    slots, position = [], 0
    for piece in pieces:
        end = position + len(piece.text)
        if piece.slot:
            slots.append({"slot": piece.slot, "start": position, "end": end})
        position = end
    return slots


def text_of(pieces: list[Piece]) -> str:
    """Return the text of the pieces."""
    return "".join(piece.text for piece in pieces)


def to_row(pieces: list[Piece], intent: str, template: Template, pair: int) -> Row:
    """Return a row of the corpus; the offsets follow from the pieces."""
    return {
        "text": text_of(pieces),
        "intent": intent,
        "slots": slots_of(pieces),
        "language": template.language,
        "pair": pair,
        "template": template.name,
    }


def to_jsonl(rows: list[Row]) -> str:
    """Return the rows as JSON Lines, one compact object per line."""
    return "".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
    )
