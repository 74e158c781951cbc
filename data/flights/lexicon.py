"""The word lists of the grammar, and decks to draw from them evenly."""

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
    """Draws items in shuffled rounds, so that all occur about equally often."""

    def __init__(self, items: Iterable[Item], rng: random.Random) -> None:
        self._items = list(items)
        self._rng = rng
        self._left: list[Item] = []

    def draw(self, unwanted: Callable[[Item], bool] = lambda item: False) -> Item:
        """The next item that is not unwanted; the items passed over keep their turn."""
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
    # "near" days and weekdays stand right before a part of the day: "tomorrow morning".
    near: bool = False

    def wording(self, language: str, noun: bool) -> str:
        """The text of the value in a language, as a noun of its own if asked for."""
        name = f"{language}_noun" if noun else language
        return str(getattr(self, name))


@dataclass(frozen=True)
class Place:
    """A city or an airline; several names of a language mean the same."""

    zh: tuple[str, ...]
    en: tuple[str, ...]
    unseen: bool
    chinese_city: bool = False
    code: str = ""  # an airline's letters in its flight numbers

    def names(self) -> tuple[str, ...]:
        """All names in both languages."""
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
        """The names that may not occur in train and valid, in lower case."""
        places = self.cities + self.airlines
        return [name.lower() for place in places if place.unseen for name in place.names()]
