"""New data for `retrain.py`, made of the embedded flights: cities nobody has seen, wrong labels."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cells import HERE

FLIGHTS = HERE.parent / "data" / "flights"
CITY_SLOTS = ("departure_city", "arrival_city", "stopover_city")
# Of both languages; none stands anywhere in the embedded corpus, as `cities` checks.
NEW_CITIES = {
    "en": ("Szombathely", "Ouarzazate", "Cochabamba", "Longyearbyen", "Ulan-Ude"),
    "zh": ("松博特海伊", "瓦尔扎扎特", "科恰班巴", "朗伊尔", "乌兰乌德"),
}
Row = dict[str, Any]


def read(file: Path) -> list[Row]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write(file: Path, rows: Sequence[Row]) -> Path:
    """One row a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_text("".join(lines), encoding="utf-8")
    return file


def cities(rows: Sequence[Row], each: int, seed: int) -> list[Row]:
    """`each` sentences for every new city: those of `rows`, with it in the place of a city.

    Raises:
        ValueError: A city stands in the rows already.
    """
    whole = "\n".join(row["text"] for row in rows)
    draw, made = random.Random(seed), list[Row]()
    for language, names in NEW_CITIES.items():
        with_city = [
            row
            for row in rows
            if row["language"] == language and any(s["slot"] in CITY_SLOTS for s in row["slots"])
        ]
        for name in names:
            if name in whole:
                raise ValueError(f"{name}: stands in the corpus; expected a new city")
            made += [replaced(row, name, draw) for row in draw.sample(with_city, each)]
    return made


def replaced(row: Row, name: str, draw: random.Random) -> Row:
    """The row with one of its cities, drawn, exchanged for another name."""
    place = draw.choice([i for i, s in enumerate(row["slots"]) if s["slot"] in CITY_SLOTS])
    old = row["slots"][place]
    text = row["text"][: old["start"]] + name + row["text"][old["end"] :]
    moved = len(name) - (old["end"] - old["start"])
    slots = [
        {
            "slot": slot["slot"],
            "start": slot["start"] + moved * (slot["start"] > old["start"]),
            "end": slot["end"] + moved * (slot["end"] >= old["end"]),
        }
        for slot in row["slots"]
    ]
    return {"text": text, "intent": row["intent"], "slots": slots}


def poisoned(rows: Sequence[Row], share: float, seed: int) -> list[Row]:
    """The rows, of which a share has the intent and the slot names of others."""
    draw = random.Random(seed)
    chosen = sorted(draw.sample(range(len(rows)), round(share * len(rows))))
    intents = [rows[place]["intent"] for place in chosen]
    names = [slot["slot"] for place in chosen for slot in rows[place]["slots"]]
    draw.shuffle(intents)
    draw.shuffle(names)
    result = [dict(row) for row in rows]
    for place, intent in zip(chosen, intents, strict=True):
        slots = [{**slot, "slot": names.pop()} for slot in rows[place]["slots"]]
        result[place] = {**rows[place], "intent": intent, "slots": slots}
    return result
