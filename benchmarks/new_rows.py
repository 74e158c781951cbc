"""New data for `retrain.py`, derived from the embedded flights: unseen cities, wrong labels."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cells import HERE

FLIGHTS = HERE.parent / "data" / "flights"
CITY_SLOTS = ("departure_city", "arrival_city", "stopover_city")
# By language. None occurs in the embedded corpus; `with_new_cities` checks this.
NEW_CITIES = {
    "en": ("Szombathely", "Ouarzazate", "Cochabamba", "Longyearbyen", "Ulan-Ude"),
    "zh": ("松博特海伊", "瓦尔扎扎特", "科恰班巴", "朗伊尔", "乌兰乌德"),
}
Row = dict[str, Any]


def read(file: Path) -> list[Row]:
    """Read the rows of a JSONL file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write(file: Path, rows: Sequence[Row]) -> Path:
    """Write rows to a JSONL file, one per line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_text("".join(lines), encoding="utf-8")
    return file


def with_new_cities(rows: Sequence[Row], each: int, seed: int) -> list[Row]:
    """Return `each` sentences per new city: sentences of `rows` with the city put in.

    Raises:
        ValueError: A new city occurs in the rows.
    """
    corpus = "\n".join(row["text"] for row in rows)
    rng, result = random.Random(seed), list[Row]()
    for language, names in NEW_CITIES.items():
        with_city = [
            row
            for row in rows
            if row["language"] == language and any(s["slot"] in CITY_SLOTS for s in row["slots"])
        ]
        for name in names:
            if name in corpus:
                raise ValueError(f"{name} occurs in the corpus; expected a city that does not")
            result += [replace_city(row, name, rng) for row in rng.sample(with_city, each)]
    return result


def replace_city(row: Row, name: str, rng: random.Random) -> Row:
    """Return the row with one of its cities, chosen at random, replaced by another name."""
    index = rng.choice([i for i, s in enumerate(row["slots"]) if s["slot"] in CITY_SLOTS])
    old = row["slots"][index]
    text = row["text"][: old["start"]] + name + row["text"][old["end"] :]
    shift = len(name) - (old["end"] - old["start"])
    slots = [
        {
            "slot": slot["slot"],
            "start": slot["start"] + shift * (slot["start"] > old["start"]),
            "end": slot["end"] + shift * (slot["end"] >= old["end"]),
        }
        for slot in row["slots"]
    ]
    return {"text": text, "intent": row["intent"], "slots": slots}


def poison_labels(rows: Sequence[Row], share: float, seed: int) -> list[Row]:
    """Return the rows; in a share of them, intents and slot names are shuffled."""
    rng = random.Random(seed)
    chosen = sorted(rng.sample(range(len(rows)), round(share * len(rows))))
    intents = [rows[index]["intent"] for index in chosen]
    names = [slot["slot"] for index in chosen for slot in rows[index]["slots"]]
    rng.shuffle(intents)
    rng.shuffle(names)
    result = [dict(row) for row in rows]
    for index, intent in zip(chosen, intents, strict=True):
        slots = [{**slot, "slot": names.pop()} for slot in rows[index]["slots"]]
        result[index] = {**rows[index], "intent": intent, "slots": slots}
    return result
