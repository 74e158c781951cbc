"""Draws the values of a sentence: cities, days, prices and the rest, in both languages.

A placeholder of a template names a kind of value (`clock`, `weight`, `to`); each kind belongs to
one slot of the corpus. One value is drawn per kind and pair, so that the Chinese and the English
row of the pair have the same meaning.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import timedelta

import dates
from lexicon import Deck, Lexicon, Place, Value

# Which slot each kind of value fills. `when` is not here: it stands for a date and a time.
SLOT_OF_KIND = {
    "from": "departure_city",
    "to": "arrival_city",
    "via": "stopover_city",
    "date": "date",
    "back": "return_date",
    "time": "time",
    "clock": "time",
    "part": "time",
    "airline": "airline",
    "flight": "flight_number",
    "cabin": "cabin_class",
    "tickets": "passengers",
    "many_tickets": "passengers",
    "people": "passengers",
    "group": "passengers",
    "several": "passengers",
    "alone": "passengers",
    "price": "price",
    "trip": "trip_type",
    "round": "trip_type",
    "routing": "trip_type",
    "seat": "seat",
    "seat_number": "seat",
    "meal": "meal",
    "weight": "baggage",
    "pieces": "baggage",
    "thing": "baggage",
}
CITY_KINDS = ("from", "to", "via")
TIME_KINDS = ("time", "clock", "part")


class ValueMaker:
    """A sampler of values for one split; `pool` of places is train, unseen or mixed."""

    def __init__(self, lexicon: Lexicon, rng: random.Random, pool: str) -> None:
        self._lists = lexicon.lists
        self._rng = rng

        def fits(place: Place) -> bool:
            return pool == "mixed" or place.unseen == (pool == "unseen")

        # One deck per role: each city occurs equally often in each role, so that the name alone
        # does not determine the role.
        cities = [city for city in lexicon.cities if fits(city)]
        self._cities = {kind: Deck(cities, rng) for kind in CITY_KINDS}
        # Likewise, the names of a place have one deck per role.
        self._names: dict[tuple[Place, str, str], Deck[str]] = {}
        airlines = [airline for airline in lexicon.airlines if fits(airline)]
        self._airlines = Deck(airlines, rng)
        self._codes = [airline.code for airline in airlines]
        self._makers: dict[str, Callable[[], Value]] = {
            "time": self._time,
            "clock": self._clock,
            "part": self._part,
            "cabin": lambda: self._listed("cabin"),
            "tickets": lambda: self._tickets([1, 2, 2, 2, 3, 3, 4, 5, 6]),
            "many_tickets": lambda: self._tickets([2, 2, 3, 4]),
            "alone": lambda: self._listed("alone"),
            "people": self._people,
            "group": self._group,
            "several": self._several,
            "price": self._price,
            "trip": lambda: self._listed(rng.choice(["round_trip", "one_way"])),
            "round": lambda: self._listed("round_trip"),
            "routing": lambda: self._listed("routing"),
            "seat": lambda: self._listed("seat"),
            "seat_number": self._seat_number,
            "meal": lambda: self._listed("meal"),
            "thing": lambda: self._listed("thing"),
            "weight": self._weight,
            "pieces": self._pieces,
        }

    def draw(self, kinds: Iterable[str]) -> dict[str, Value]:
        """Draw one value for each kind."""
        wanted = sorted(kinds)
        values = {kind: self._makers[kind]() for kind in wanted if kind in self._makers}
        values.update(self._draw_cities([kind for kind in wanted if kind in CITY_KINDS]))
        code = self._rng.choice(self._codes)
        if "airline" in wanted:
            airline = self._airlines.draw()
            values["airline"], code = self._named(airline, "airline"), airline.code
        if "flight" in wanted:
            values["flight"] = self._flight(code)
        exact = any(kind in wanted for kind in TIME_KINDS)
        if "date" in wanted and "back" in wanted:
            values["date"], values["back"] = self._there_and_back()
        elif "date" in wanted:
            values["date"] = self._date(exact)
        elif "back" in wanted:
            values["back"] = self._date(exact=True)
        return values

    def draw_city(self) -> Value:
        """Draw a city for a contrast group, in which only the cue determines the role."""
        return self._named(self._cities["from"].draw(), "from")

    def _draw_cities(self, kinds: list[str]) -> dict[str, Value]:
        """Draw distinct cities for the roles of one sentence."""
        drawn: dict[str, Place] = {}
        for kind in kinds:
            drawn[kind] = self._cities[kind].draw(lambda city: city in drawn.values())
        return {kind: self._named(city, kind) for kind, city in drawn.items()}

    def _named(self, place: Place, kind: str) -> Value:
        """Draw a name of a city or airline; the first of each language is the most frequent."""
        zh, en = (self._name(place, kind, language) for language in ("zh", "en"))
        if place.chinese_city and len(zh) == 2 and self._rng.random() < 0.04:
            zh += "市"
        return Value(zh, en)

    def _name(self, place: Place, kind: str, language: str) -> str:
        """Draw the next name of a place in a role and a language."""
        names = place.zh if language == "zh" else place.en
        deck = self._names.setdefault((place, kind, language), Deck((names[0], *names), self._rng))
        return deck.draw()

    def _listed(self, name: str) -> Value:
        """Draw an entry of a value list and one of its wordings."""
        entry = self._rng.choice(self._lists[name])
        chosen = {key: self._rng.choice(entry[key]) for key in sorted(entry) if key != "lead"}
        return Value(lead=entry.get("lead", ""), **chosen)

    def _date(self, exact: bool) -> Value:
        """Draw a day of travel; an `exact` one can be combined with a time."""
        shares = {"calendar": 44, "near": 22, "weekday": 18, "number": 5, "next_month": 2}
        if not exact:
            shares.update({"holiday": 5, "vague": 5, "day_part": 4})
        style = dates.weighted(self._rng, shares)
        if style == "calendar":
            return Value(*dates.calendar_day(self._rng, dates.random_day(self._rng)), lead="on ")
        if style == "weekday":
            return self._weekday(self._rng.choice(["", "this", "next", "next"]))
        if style == "number":
            return Value(*dates.day_of_month(self._rng, self._rng.randint(1, 30)), lead="on ")
        if style == "next_month":
            return Value(*dates.day_of_next_month(self._rng, self._rng.randint(1, 28)), lead="on ")
        if style == "near":
            value = self._listed("near_days")
            return Value(value.zh, value.en, near=value.en == "tomorrow")
        return self._listed(
            {"holiday": "holidays", "vague": "vague_days", "day_part": "day_parts_of_near_days"}[
                style
            ]
        )

    def _weekday(self, which: str) -> Value:
        """Draw a weekday; only the plain name takes "on"."""
        zh, en = dates.weekday(self._rng, which)
        return Value(zh, en, lead="" if which else "on ", near=True)

    def _there_and_back(self) -> tuple[Value, Value]:
        """Draw a day out and a later day back."""
        style = dates.weighted(self._rng, {"calendar": 50, "number": 25, "relative": 25})
        if style == "relative":
            near = self._listed("near_days") if self._rng.random() < 0.6 else self._weekday("this")
            if near.en.startswith("a week"):  # later than "next Friday"
                near = self._weekday("this")
            return near, self._weekday("next")
        day = dates.random_day(self._rng)
        if style == "calendar":
            later = day + timedelta(days=self._rng.randint(2, 14))
            same_month = later.month == day.month
            back = (
                dates.day_of_month(self._rng, later.day)
                if same_month and self._rng.random() < 0.5
                else dates.calendar_day(self._rng, later)
            )
            return (
                Value(*dates.calendar_day(self._rng, day), lead="on "),
                Value(*back, lead="on "),
            )
        first = self._rng.randint(1, 20)
        last = self._rng.randint(first + 2, 30)
        return (
            Value(*dates.day_of_month(self._rng, first), lead="on "),
            Value(*dates.day_of_month(self._rng, last), lead="on "),
        )

    def _time(self) -> Value:
        return self._clock() if self._rng.random() < 0.5 else self._part()

    def _clock(self) -> Value:
        return Value(*dates.clock(self._rng), lead="at ")

    def _part(self) -> Value:
        return self._listed("day_parts")

    def _price(self) -> Value:
        return Value(*dates.price(self._rng))

    def _flight(self, code: str) -> Value:
        """Draw a flight number, sometimes with a space or in lower case."""
        digits = self._rng.choice([1, 2, 3, 3, 3, 4, 4, 4, 4])
        number = str(self._rng.randrange(10 ** (digits - 1), 10**digits))
        gap = " " if self._rng.random() < 0.3 else ""
        text = f"{code}{gap}{number}"
        return Value(text.lower(), text) if self._rng.random() < 0.08 else Value(text, text)

    def _seat_number(self) -> Value:
        text = f"{self._rng.randint(1, 60)}{self._rng.choice('ABCDEFHJK')}"
        zh = text + ("座" if self._rng.random() < 0.2 else "")
        return Value(zh, ("seat " if self._rng.random() < 0.3 else "") + text)

    def _tickets(self, counts: list[int]) -> Value:
        """Draw a number of tickets: 两张, two tickets."""
        count = self._rng.choice(counts)
        zh = self._rng.choice([f"{dates.zh_count(count)}张", f"{count}张"])
        en = self._rng.choice([dates.en_number(count), dates.en_number(count), str(count)])
        return Value(zh, f"{en} ticket{'' if count == 1 else 's'}")

    def _people(self) -> Value:
        """Draw a number of travellers: 3个人, two adults, a family of three."""
        if self._rng.random() < 0.2:
            return self._listed("people")
        count = self._rng.choice([2, 2, 2, 3, 3, 4, 5, 6, 8])
        number = self._rng.choice([dates.zh_count(count), str(count)])
        noun = self._listed("travellers")
        en = self._rng.choice([dates.en_number(count), str(count)])
        if noun.en == "people" and self._rng.random() < 0.4:
            return Value(number + noun.zh, en)
        return Value(number + noun.zh, f"{en} {noun.en}")

    def _group(self) -> Value:
        """Draw the size of the group: 我们俩, the two of us."""
        count = self._rng.choice([2, 2, 3, 3, 4, 5, 6])
        zh = [f"{dates.zh_count(count)}个", f"{dates.zh_count(count)}个人", f"{count}个人"]
        fused = {2: ["俩", "俩"], 3: ["仨", "仨"]}.get(count, [])
        return Value(self._rng.choice(zh + fused), dates.en_number(count))

    def _several(self) -> Value:
        """Draw a number of travellers without a noun: for four."""
        count = self._rng.choice([2, 3, 4, 5, 6, 7, 9])
        zh = self._rng.choice([f"{dates.zh_count(count)}个人", f"{count}个人", f"{count}人"])
        return Value(
            zh, self._rng.choice([dates.en_number(count), dates.en_number(count), str(count)])
        )

    def _weight(self) -> Value:
        """Draw a weight of luggage: 20公斤, 23 kg."""
        weight = self._rng.choice([5, 7, 8, 10, 15, 20, 20, 23, 23, 25, 30, 32, 40])
        zh = self._rng.choice(
            [
                f"{weight}公斤",
                f"{weight}公斤",
                f"{weight}kg",
                f"{weight}千克",
                f"{dates.zh_number(weight)}公斤",
            ]
        )
        en = self._rng.choice(
            [
                f"{weight} kg",
                f"{weight}kg",
                f"{weight} kilos",
                f"{weight} kilograms",
                f"{dates.en_number(weight)} kilos",
            ]
        )
        return Value(zh, en)

    def _pieces(self) -> Value:
        """Draw a number of pieces of luggage: 两件行李, two bags."""
        count = self._rng.choice([1, 2, 2, 3, 4])
        entry = self._rng.choice(self._lists["luggage_nouns"])
        zh_count = self._rng.choice([dates.zh_count(count), str(count)])
        zh = zh_count + self._rng.choice(entry["zh"])
        noun = self._rng.choice(entry["en"])
        if count > 1:
            noun = noun.replace("piece of", "pieces of") if "piece" in noun else noun + "s"
        return Value(zh, f"{self._rng.choice([dates.en_number(count), str(count)])} {noun}")
