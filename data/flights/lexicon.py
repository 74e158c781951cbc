"""The word lists of the grammar, and decks that draw evenly from them."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml

GRAMMAR = Path(__file__).parent / "grammar"

Item = TypeVar("Item")


class Deck(Generic[Item]):
    """A deck that deals items in shuffled rounds, so that all occur about equally often."""

    def __init__(self, items: Iterable[Item], rng: random.Random) -> None:
        self._items = list(items)
        self._rng = rng
        self._left: list[Item] = []

    def draw(self, unwanted: Callable[[Item], bool] = lambda item: False) -> Item:
        """Return the next item that is not unwanted; skipped items stay next in line."""
        for _ in range(2):
            for index in range(len(self._left) - 1, -1, -1):
                if not unwanted(self._left[index]):
                    return self._left.pop(index)
            fresh = self._items[:]
            self._rng.shuffle(fresh)
            self._left = fresh + self._left
        raise ValueError("every item of the deck is unwanted")


@dataclass(frozen=True)
class Value:
    """One meaning, with the wordings chosen for this pair."""

    zh: str
    en: str
    lead: str = ""  # English words in front of the value, outside its span: "on ", "in the "
    zh_noun: str = ""
    en_noun: str = ""
    # "near" days and weekdays precede a part of the day: "tomorrow morning".
    near: bool = False

    def wording(self, language: str, noun: bool) -> str:
        """Return the text of the value in a language, in its noun form if `noun`."""
        name = f"{language}_noun" if noun else language
        return str(getattr(self, name))


@dataclass(frozen=True)
class Place:
    """A city or an airline; names of one language are synonyms."""

    zh: tuple[str, ...]
    en: tuple[str, ...]
    unseen: bool
    chinese_city: bool = False
    code: str = ""  # an airline's prefix of flight numbers

    def names(self) -> tuple[str, ...]:
        """Return all names in both languages."""
        return self.zh + self.en


def load_places(path: Path) -> list[Place]:
    """Read `cities.tsv` or `airlines.tsv`."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Place(
                tuple(row["zh"].split("|")),
                tuple(row["en"].split("|")),
                row["set"] == "unseen",
                row.get("region") == "cn",
                row.get("code", ""),
            )
            for row in csv.DictReader(lines, delimiter="\t")
        ]


@dataclass
class Lexicon:
    """The word lists of the grammar."""

    cities: list[Place] = field(default_factory=lambda: load_places(GRAMMAR / "cities.tsv"))
    airlines: list[Place] = field(default_factory=lambda: load_places(GRAMMAR / "airlines.tsv"))
    lists: dict[str, Any] = field(
        default_factory=lambda: yaml.safe_load(
            (GRAMMAR / "values.yaml").read_text(encoding="utf-8")
        )
    )

    def unseen_names(self) -> list[str]:
        """Return the names that must not occur in train and valid, in lower case."""
        places = self.cities + self.airlines
        return [name.lower() for place in places if place.unseen for name in place.names()]
