"""The guarantees of `data/flights/README.md` of the committed corpus, checked on the files."""

import csv
import importlib
import json
import random
import re
import subprocess
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

FLIGHTS = Path(__file__).parents[2] / "data" / "flights"
LANGUAGES = ("zh", "en")
SPLITS = ("train", "valid", "test")
CUE_PARTS = ("cue_before", "cue_after")
PARTS = ("unseen_values", "unseen_templates", *CUE_PARTS)
README = (FLIGHTS / "README.md").read_text(encoding="utf-8")
INTENTS = set(re.findall(r"`(\w+)`", README.split("## The 12 intents")[1].split("##")[0]))
SLOTS = set(re.findall(r"^\| `(\w+)` (?:\|[^|]*){3}\|$", README, re.MULTILINE))
ROLES = {"departure_city", "arrival_city"}
MAX_BYTES = 1_860_000  # 2 MB minus the allowance for handwritten.jsonl

Row = dict[str, Any]
# Maps a seed to the frames that stay in train and those held out.
SplitFrames = Callable[[int], tuple[list[Any], list[Any]]]


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
    """Return the sentence with its values replaced by slot names."""
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


def clauses() -> dict[str, list[list[str]]]:
    """Return the clause bank: the zh and the en text of each line, by use."""
    bank = yaml.safe_load((FLIGHTS / "grammar" / "clauses.yaml").read_text(encoding="utf-8"))
    return {
        use: [line.strip().split(" | ") for line in lines.splitlines()]
        for use, lines in bank.items()
    }


def choices(text: str) -> list[list[str]]:
    """Return the tied choices of a clause."""
    return [choice.split("|") for choice in re.findall(r"\[([^\[\]]*)\]", text)]


def clause_wordings(text: str) -> list[str]:
    """Return a clause with each of its choices."""
    if not choices(text):
        return [text]
    return [
        re.sub(r"\[([^\[\]]*)\]", lambda match, at=number: match[1].split("|")[at], text)
        for number in range(len(choices(text)[0]))
    ]


def cues(language: str) -> list[list[str]]:
    """Return the cue bank: the words of a departure and of its mirror arrival."""
    bank = yaml.safe_load((FLIGHTS / "grammar" / "cues.yaml").read_text(encoding="utf-8"))
    lines = [line for block in bank["cues"].values() for line in block.splitlines()]
    return [line.split(" | ")[LANGUAGES.index(language)].split(" / ") for line in lines]


def city_of(row: Row) -> Row:
    [city] = [slot for slot in row["slots"] if slot["slot"] in ROLES]
    return dict(city)


@pytest.fixture
def split_frames(monkeypatch: pytest.MonkeyPatch) -> SplitFrames:
    """Return a function that draws held-out wordings with a seed, as `generate.py` does."""
    monkeypatch.syspath_prepend(str(FLIGHTS))
    grammar, holdout = (importlib.import_module(name) for name in ("frames", "holdout"))
    ordinary = [frame for frame in grammar.load_frames() if not frame.contrast]
    return lambda seed: holdout.split_frames(ordinary, random.Random(f"{seed} frames"))


def test_the_generator_writes_the_committed_files() -> None:
    command = [sys.executable, str(FLIGHTS / "generate.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_readme_lists_12_intents_and_15_slots_and_files_are_small() -> None:
    assert (len(INTENTS), len(SLOTS)) == (12, 15)
    assert sum((FLIGHTS / f"{split}.jsonl").stat().st_size for split in SPLITS) < MAX_BYTES


@pytest.mark.parametrize(
    ("split", "part", "min_pairs"),
    [
        ("train", None, 2400),
        ("valid", None, 190),
        ("test", None, 240),
        ("test", "unseen_values", 190),
        ("test", "unseen_templates", 190),
        *(("test", part, 180) for part in CUE_PARTS),
    ],
)
def test_parts_have_their_size(split: str, part: str | None, min_pairs: int) -> None:
    rows = [row for row in ROWS[split] if not row.get("parts")] if part is None else of_part(part)
    for language in LANGUAGES:
        assert len(of_language(rows, language)) >= min_pairs


def test_rows_hold_known_keys_intents_and_slots_and_tight_spans() -> None:
    needed = {"text", "intent", "slots", "language", "pair", "template"}
    for row in ALL_ROWS:
        assert needed <= row.keys() <= needed | {"parts", "contrast"}
        assert row["intent"] in INTENTS
        assert {slot["slot"] for slot in row["slots"]} <= SLOTS
        assert set(row.get("parts", [])) <= {*PARTS, "contrast"}
        # The spans are in order and tight.
        end = 0
        for slot in row["slots"]:
            assert end <= slot["start"] < slot["end"] <= len(row["text"])
            assert span(row, slot) == span(row, slot).strip()
            end = slot["end"]
        assert row["text"] == row["text"].strip()


def test_a_pair_is_one_row_of_each_language_with_the_same_meaning() -> None:
    grouped = pairs(ALL_ROWS)
    for rows in grouped.values():
        zh, en = sorted(rows, key=lambda row: str(row["language"]), reverse=True)
        assert (zh["language"], en["language"]) == ("zh", "en")
        assert zh["intent"] == en["intent"]
        assert Counter(slot["slot"] for slot in zh["slots"]) == Counter(
            slot["slot"] for slot in en["slots"]
        )
    assert sorted(grouped) == list(range(1, len(grouped) + 1))
    # Both rows of a pair are in the same split.
    assert sum(len(pairs(rows)) for rows in ROWS.values()) == len(grouped)


def test_no_text_of_valid_and_test_is_in_train() -> None:
    train = {comparable(row["text"]) for row in ROWS["train"]}
    for row in ROWS["valid"] + ROWS["test"]:
        assert comparable(row["text"]) not in train, row["text"]


@pytest.mark.parametrize("part", ["unseen_templates", *CUE_PARTS])
def test_templates_and_blanked_sentences_of_a_part_are_not_in_train(part: str) -> None:
    templates = {row["template"] for row in ROWS["train"] + ROWS["valid"]}
    assert not templates & {row["template"] for row in of_part(part)}
    train = {carrier(row) for row in ROWS["train"]}
    assert [row["text"] for row in of_part(part) if carrier(row) in train] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_enough_templates_are_held_out(language: str) -> None:
    rows = of_language(of_part("unseen_templates"), language)
    assert len({row["template"] for row in rows}) >= 80
    assert {row["intent"] for row in rows} == INTENTS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_frame_keeps_templates_in_train(split_frames: SplitFrames, language: str) -> None:
    kept, held_out = split_frames(20260501)
    left = Counter(frame.source for frame in kept for _ in frame.templates[language])
    assert {frame.source for frame in held_out} <= left.keys()
    assert min(left[frame.source] for frame in held_out) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_templates_are_held_out_at_random(split_frames: SplitFrames, language: str) -> None:
    def names_of(seed: int) -> set[str]:
        held_out = split_frames(seed)[1]
        return {one.name for frame in held_out for one in frame.templates[language]}

    kept, held_out = split_frames(1)
    total = sum(len(frame.templates[language]) for frame in kept + held_out)
    assert names_of(1) == names_of(1)
    assert 0.07 <= len(names_of(1)) / total <= 0.09
    # Two draws overlap only by chance.
    assert len(names_of(1) & names_of(2)) < 0.3 * len(names_of(1))


def test_the_clause_bank_is_aligned() -> None:
    bank = clauses()
    assert bank.keys() == {"leads", "tails", "sentences"}
    lines = [line for entries in bank.values() for line in entries]
    assert len(lines) >= 220
    assert [line for line in lines if len(line) != 2] == []
    assert len({zh for zh, _ in lines}) == len({en for _, en in lines}) == len(lines)
    for zh, en in lines:
        assert [len(options) for options in choices(zh)] == [len(one) for one in choices(en)], zh
        assert zh.endswith("?") == en.endswith("?"), zh


@pytest.mark.parametrize("file", ["cities.tsv", "airlines.tsv"])
def test_clauses_hold_no_city_and_no_airline(file: str) -> None:
    lines = [line for entries in clauses().values() for line in entries]
    for wanted in ("train", "unseen"):
        for at, language in enumerate(LANGUAGES):
            texts = [text.lower() for line in lines for text in clause_wordings(line[at])]
            for name in names(file, wanted, language):
                word = re.escape(name) if language == "zh" else rf"\b{re.escape(name)}\b"
                assert [text for text in texts if re.search(word, text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_about_half_of_the_rows_have_clauses(language: str) -> None:
    at = LANGUAGES.index(language)
    lines = [line[at].rstrip("?") for entries in clauses().values() for line in entries]
    texts = [comparable(one) for line in lines for one in clause_wordings(line)]
    rows = [comparable(row["text"]) for row in of_language(ROWS["train"], language)]
    marked = [
        any(text.startswith(one) or text.endswith(one) for one in texts if len(one) > 2)
        for text in rows
    ]
    assert 0.3 <= sum(marked) / len(marked) <= 0.55


@pytest.mark.parametrize("language", LANGUAGES)
def test_train_has_many_templates_and_none_dominates(language: str) -> None:
    rows = of_language(ROWS["train"], language)
    counts = Counter(row["template"] for row in rows)
    assert len(counts) >= 1000
    assert max(counts.values()) <= 0.02 * len(rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_train_has_every_intent_and_slot(language: str) -> None:
    rows = of_language(ROWS["train"], language)
    intents = Counter(row["intent"] for row in rows)
    assert intents.keys() == INTENTS
    assert min(intents.values()) >= 0.03 * len(rows)
    assert {slot["slot"] for row in rows for slot in row["slots"]} == SLOTS
    assert {row["intent"] for row in rows if not row["slots"]} == INTENTS


@pytest.mark.parametrize("file", ["cities.tsv", "airlines.tsv"])
def test_unseen_names_occur_nowhere_in_train_and_valid(file: str) -> None:
    text = "\n".join(row["text"].lower() for row in ROWS["train"] + ROWS["valid"])
    seen, unseen = (names(file, wanted, *LANGUAGES) for wanted in ("train", "unseen"))
    assert [name for name in unseen if name in text] == []
    # Seen and unseen names do not contain each other either.
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
    cities = {city.lower() for city in spans(of_language(rows, language), *ROLES)}
    assert len(cities & set(names("cities.tsv", wanted, language))) >= fewest


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_city_does_not_determine_its_role(language: str) -> None:
    rows = of_language(ROWS["train"], language)
    leaving = Counter(city.lower() for city in spans(rows, "departure_city"))
    arriving = Counter(city.lower() for city in spans(rows, "arrival_city"))
    assert 0.45 <= leaving.total() / (leaving.total() + arriving.total()) <= 0.55
    often = {city for city, count in (leaving + arriving).items() if count >= 4}
    assert len(often) >= 250
    assert [city for city in often if not (leaving[city] and arriving[city])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cue_has_its_mirror_in_the_same_carriers(language: str) -> None:
    uses: dict[str, list[tuple[str, str]]] = {"departure_city": [], "arrival_city": []}
    rows = of_language(ROWS["train"], language)
    for row in rows:
        if name := re.fullmatch(r"(x\d+)[ze]-(\w\d+)[ft]", row["template"]):
            uses[city_of(row)["slot"]].append((name[2], name[1]))
    assert Counter(uses["departure_city"]) == Counter(uses["arrival_city"])
    carriers = Counter(cue for cue, _ in set(uses["arrival_city"]))
    assert len(carriers) == len(cues(language))
    assert min(carriers.values()) >= 4
    assert 0.2 <= 2 * len(uses["arrival_city"]) / len(rows) <= 0.3


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_cue_bank_has_many_cues_on_both_sides_of_the_city(language: str) -> None:
    departures, arrivals = (set(role) for role in zip(*cues(language), strict=True))
    assert min(len(departures), len(arrivals)) >= 80
    assert not departures & arrivals
    for role in (departures, arrivals):
        assert 0.2 <= len([cue for cue in role if re.search("{}的?$", cue)]) / len(role) <= 0.6


@pytest.mark.parametrize("part", CUE_PARTS)
def test_a_contrast_is_two_rows_with_the_two_roles(part: str) -> None:
    groups = contrast_groups(part)
    for language in LANGUAGES:
        assert len([key for key in groups if key[0] == language]) >= 90
    for one, other in groups.values():
        assert all("contrast" in row["parts"] for row in (one, other))
        assert {city_of(one)["slot"], city_of(other)["slot"]} == ROLES
        assert one["intent"] == other["intent"]
        others = [
            [(slot["slot"], span(row, slot)) for slot in row["slots"] if slot["slot"] not in ROLES]
            for row in (one, other)
        ]
        assert others[0] == others[1]
        assert span(one, city_of(one)) == span(other, city_of(other))


@pytest.mark.parametrize("part", CUE_PARTS)
def test_the_deciding_cue_is_short_and_on_its_side_of_the_city(part: str) -> None:
    for one, other in contrast_groups(part).values():
        after = [row["text"][city_of(row)["end"] :] for row in (one, other)]
        before = [row["text"][: city_of(row)["start"]] for row in (one, other)]
        assert (before[0] == before[1]) == (part == "cue_after")
        assert (after[0] == after[1]) == (part == "cue_before")
        # The two differ in one short stretch.
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
    assert len(cities & unseen) >= 15
    assert len(cities - unseen) >= 50
