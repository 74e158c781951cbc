"""Rows of the corpus, and what two rows are compared by."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from frames import Piece, Template

Row = dict[str, Any]


def comparable(text: str) -> str:
    """A text without case, spaces and punctuation: what must not be in two splits."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(character for character in folded if character.isalnum())


def carrier(pieces: list[Piece]) -> str:
    """The words around the values, with the slots' names for the values."""
    return comparable("".join(f" {piece.slot} " if piece.slot else piece.text for piece in pieces))


def carrier_of(row: Row) -> str:
    """The same of a row."""
    text = row["text"]
    for slot in reversed(row["slots"]):
        text = f"{text[: slot['start']]} {slot['slot']} {text[slot['end'] :]}"
    return comparable(text)


def slots_of(pieces: list[Piece]) -> list[Row]:
    """The slots of a text made of these pieces, with their offsets."""
    slots, position = [], 0
    for piece in pieces:
        end = position + len(piece.text)
        if piece.slot:
            slots.append({"slot": piece.slot, "start": position, "end": end})
        position = end
    return slots


def text_of(pieces: list[Piece]) -> str:
    """The text that the pieces make."""
    return "".join(piece.text for piece in pieces)


def to_row(pieces: list[Piece], intent: str, template: Template, pair: int) -> Row:
    """A row of the corpus; the offsets follow from the pieces."""
    return {
        "text": text_of(pieces),
        "intent": intent,
        "slots": slots_of(pieces),
        "language": template.language,
        "pair": pair,
        "template": template.name,
    }


def to_jsonl(rows: list[Row]) -> str:
    """One compact JSON object a line."""
    return "".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
    )
