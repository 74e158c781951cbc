"""What `data/flights/README.md` promises of the committed corpus, read off the files."""

import csv
import json
import subprocess
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

FLIGHTS = Path(__file__).parents[2] / "data" / "flights"
LANGUAGES = ("zh", "en")
SPLITS = ("train", "valid", "test")
CUE_PARTS = ("cue_before", "cue_after")
PARTS = ("unseen_values", "unseen_templates", *CUE_PARTS)
INTENTS = {
    "book",
    "query",
    "change",
    "cancel",
    "refund",
    "fare",
    "seat",
    "baggage",
    "meal",
    "check_in",
    "status",
    "other",
}
SLOTS = {
    "departure_city",
    "arrival_city",
    "stopover_city",
    "date",
    "return_date",
    "time",
    "airline",
    "flight_number",
    "cabin_class",
    "passengers",
    "price",
    "trip_type",
    "seat",
    "meal",
    "baggage",
}
ROLES = {"departure_city", "arrival_city"}
MOST_BYTES = 1_780_000  # 1.9 MB less what handwritten.jsonl may take

Row = dict[str, Any]


def read(split: str) -> list[Row]:
    lines = (FLIGHTS / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


ROWS = {split: read(split) for split in SPLITS}
ALL_ROWS = [row for rows in ROWS.values() for row in rows]


def of_language(rows: list[Row], language: str) -> list[Row]:
    return [row for row in rows if row["language"] == language]


def of_part(part: str) -> list[Row]:
    return [row for row in ROWS["test"] if part in row.get("parts", [])]


def span(row: Row, slot: Row) -> str:
    return str(row["text"][slot["start"] : slot["end"]])


def spans(rows: list[Row], *slots: str) -> list[str]:
    return [span(row, slot) for row in rows for slot in row["slots"] if slot["slot"] in slots]


def comparable(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(character for character in folded if character.isalnum())


def carrier(row: Row) -> str:
    """The sentence with its values blanked."""
    text = row["text"]
    for slot in reversed(row["slots"]):
        text = f"{text[: slot['start']]} {slot['slot']} {text[slot['end'] :]}"
    return comparable(text)


def names(file: str, wanted: str, *languages: str) -> list[str]:
    with (FLIGHTS / "grammar" / file).open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["set"] == wanted]
    return [name.lower() for row in rows for key in languages for name in row[key].split("|")]


def pairs(rows: list[Row]) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["pair"]].append(row)
    return grouped


def contrast_groups(part: str) -> dict[tuple[str, int], list[Row]]:
    grouped: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in of_part(part):
        grouped[row["language"], row["contrast"]].append(row)
    return grouped


def city_of(row: Row) -> Row:
    [city] = [slot for slot in row["slots"] if slot["slot"] in ROLES]
    return dict(city)


def test_the_generator_writes_the_committed_files() -> None:
    command = [sys.executable, str(FLIGHTS / "generate.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_files_are_small() -> None:
    assert sum((FLIGHTS / f"{split}.jsonl").stat().st_size for split in SPLITS) < MOST_BYTES


@pytest.mark.parametrize(
    ("split", "part", "fewest_pairs"),
    [
        ("train", None, 2400),
        ("valid", None, 240),
        ("test", None, 240),
        *(("test", part, 190) for part in PARTS),
    ],
)
def test_parts_have_their_size(split: str, part: str | None, fewest_pairs: int) -> None:
    rows = [row for row in ROWS[split] if not row.get("parts")] if part is None else of_part(part)
    for language in LANGUAGES:
        assert len(of_language(rows, language)) >= fewest_pairs


def test_rows_hold_known_keys_intents_and_slots() -> None:
    needed = {"text", "intent", "slots", "language", "pair", "template"}
    for row in ALL_ROWS:
        assert needed <= row.keys() <= needed | {"parts", "contrast"}
        assert row["intent"] in INTENTS
        assert {slot["slot"] for slot in row["slots"]} <= SLOTS
        assert set(row.get("parts", [])) <= {*PARTS, "contrast"}


def test_spans_are_in_order_and_tight() -> None:
    for row in ALL_ROWS:
        end = 0
        for slot in row["slots"]:
            assert end <= slot["start"] < slot["end"] <= len(row["text"])
            assert span(row, slot) == span(row, slot).strip()
            end = slot["end"]
        assert row["text"] == row["text"].strip()


def test_a_pair_is_one_row_of_each_language_with_the_same_meaning() -> None:
    found = pairs(ALL_ROWS)
    for rows in found.values():
        zh, en = sorted(rows, key=lambda row: str(row["language"]), reverse=True)
        assert (zh["language"], en["language"]) == ("zh", "en")
        assert zh["intent"] == en["intent"]
        assert Counter(slot["slot"] for slot in zh["slots"]) == Counter(
            slot["slot"] for slot in en["slots"]
        )
    assert sorted(found) == list(range(1, len(found) + 1))


def test_a_pair_lies_in_one_split() -> None:
    assert sum(len(pairs(rows)) for rows in ROWS.values()) == len(pairs(ALL_ROWS))


def test_no_text_of_valid_and_test_is_in_train() -> None:
    train = {comparable(row["text"]) for row in ROWS["train"]}
    for row in ROWS["valid"] + ROWS["test"]:
        assert comparable(row["text"]) not in train, row["text"]


@pytest.mark.parametrize("part", ["unseen_templates", *CUE_PARTS])
def test_templates_of_a_part_are_not_in_train(part: str) -> None:
    train = {row["template"] for row in ROWS["train"] + ROWS["valid"]}
    assert not train & {row["template"] for row in of_part(part)}


@pytest.mark.parametrize("part", ["unseen_templates", *CUE_PARTS])
def test_sentences_of_a_part_are_not_in_train_with_other_values(part: str) -> None:
    train = {carrier(row) for row in ROWS["train"]}
    assert [row["text"] for row in of_part(part) if carrier(row) in train] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_enough_templates_are_held_out(language: str) -> None:
    rows = of_language(of_part("unseen_templates"), language)
    assert len({row["template"] for row in rows}) >= 25
    assert {row["intent"] for row in rows} == INTENTS


@pytest.mark.parametrize("language", LANGUAGES)
def test_train_has_many_templates_and_none_prevails(language: str) -> None:
    rows = of_language(ROWS["train"], language)
    counts = Counter(row["template"] for row in rows)
    assert len(counts) >= 150
    assert max(counts.values()) <= 0.02 * len(rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_train_has_every_intent_and_slot(language: str) -> None:
    rows = of_language(ROWS["train"], language)
    intents = Counter(row["intent"] for row in rows)
    assert intents.keys() == INTENTS
    assert min(intents.values()) >= 0.03 * len(rows)
    assert {slot["slot"] for row in rows for slot in row["slots"]} == SLOTS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_sentences_without_slots(language: str) -> None:
    rows = of_language(ROWS["train"], language)
    assert {row["intent"] for row in rows if not row["slots"]} == INTENTS


@pytest.mark.parametrize("file", ["cities.tsv", "airlines.tsv"])
def test_unseen_names_occur_nowhere_in_train_and_valid(file: str) -> None:
    text = "\n".join(row["text"].lower() for row in ROWS["train"] + ROWS["valid"])
    assert [name for name in names(file, "unseen", *LANGUAGES) if name in text] == []


@pytest.mark.parametrize("file", ["cities.tsv", "airlines.tsv"])
def test_unseen_and_train_names_do_not_contain_each_other(file: str) -> None:
    seen = names(file, "train", *LANGUAGES)
    unseen = names(file, "unseen", *LANGUAGES)
    assert [(one, other) for one in unseen for other in seen if one in other or other in one] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_of_unseen_values_have_only_unseen_ones(language: str) -> None:
    known = {
        *names("cities.tsv", "unseen", language),
        *names("airlines.tsv", "unseen", language),
    }
    for row in of_language(of_part("unseen_values"), language):
        values = spans([row], *ROLES, "stopover_city", "airline")
        assert values, row["text"]
        assert {value.lower().removesuffix("市") for value in values} <= known


@pytest.mark.parametrize(
    ("rows", "wanted", "fewest"),
    [(ROWS["train"], "train", 300), (of_part("unseen_values"), "unseen", 80)],
    ids=["train", "unseen"],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_many_cities_occur(rows: list[Row], wanted: str, fewest: int, language: str) -> None:
    found = {city.lower() for city in spans(of_language(rows, language), *ROLES)}
    assert len(found & set(names("cities.tsv", wanted, language))) >= fewest


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_city_does_not_tell_its_role(language: str) -> None:
    rows = of_language(ROWS["train"], language)
    leaving = Counter(city.lower() for city in spans(rows, "departure_city"))
    arriving = Counter(city.lower() for city in spans(rows, "arrival_city"))
    assert 0.45 <= leaving.total() / (leaving.total() + arriving.total()) <= 0.55
    often = {city for city, count in (leaving + arriving).items() if count >= 4}
    assert len(often) >= 250
    assert [city for city in often if not (leaving[city] and arriving[city])] == []


@pytest.mark.parametrize("part", CUE_PARTS)
def test_a_contrast_is_two_rows_with_the_two_roles(part: str) -> None:
    groups = contrast_groups(part)
    for language in LANGUAGES:
        assert len([key for key in groups if key[0] == language]) >= 120
    for rows in groups.values():
        one, other = rows
        assert "contrast" in one["parts"]
        assert "contrast" in other["parts"]
        assert {city_of(one)["slot"], city_of(other)["slot"]} == ROLES
        assert one["intent"] == other["intent"]
        others = [
            [(slot["slot"], span(row, slot)) for slot in row["slots"] if slot["slot"] not in ROLES]
            for row in rows
        ]
        assert others[0] == others[1]
        assert span(one, city_of(one)) == span(other, city_of(other))


def test_the_deciding_cue_stands_before_the_city() -> None:
    for one, other in contrast_groups("cue_before").values():
        after = [row["text"][city_of(row)["end"] :] for row in (one, other)]
        before = [row["text"][: city_of(row)["start"]] for row in (one, other)]
        assert after[0] == after[1]
        assert before[0] != before[1]


def test_the_deciding_cue_stands_after_the_city() -> None:
    for one, other in contrast_groups("cue_after").values():
        after = [row["text"][city_of(row)["end"] :] for row in (one, other)]
        before = [row["text"][: city_of(row)["start"]] for row in (one, other)]
        assert before[0] == before[1]
        assert after[0] != after[1]


@pytest.mark.parametrize("part", CUE_PARTS)
def test_a_contrast_differs_in_one_short_stretch(part: str) -> None:
    for one, other in contrast_groups(part).values():
        texts = [one["text"], other["text"]]
        shortest = min(map(len, texts))
        start = next(at for at in range(shortest) if texts[0][at] != texts[1][at])
        tails = [text[start:] for text in texts]
        while tails[0] and tails[1] and tails[0][-1] == tails[1][-1]:
            tails = [tail[:-1] for tail in tails]
        assert max(map(len, tails)) <= (20 if one["language"] == "en" else 5), texts


@pytest.mark.parametrize("part", CUE_PARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_contrasts_have_seen_and_unseen_cities(part: str, language: str) -> None:
    unseen = set(names("cities.tsv", "unseen", language))
    cities = {city.lower() for city in spans(of_language(of_part(part), language), *ROLES)}
    assert len(cities & unseen) >= 20
    assert len(cities - unseen) >= 50
