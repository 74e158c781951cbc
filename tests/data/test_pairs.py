"""The guarantees of `data/flights/README.md` of the committed pairs, checked on the files."""

import csv
import importlib
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import pytest

FLIGHTS = Path(__file__).parents[2] / "data" / "flights"
LANGUAGES = ("zh", "en")
SPLITS = ("train", "valid", "test")
CUE_PARTS = ("cue_before", "cue_after")
PARTS = ("unseen_values", "unseen_templates", *CUE_PARTS)
MAX_BYTES = 2_000_000
ROLES = {"departure_city", "arrival_city"}
HAN = re.compile(r"[\u4e00-\u9fff]")


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


PAIRS = {split: read(FLIGHTS / "pairs" / f"{split}.jsonl") for split in SPLITS}
ALL = [row for rows in PAIRS.values() for row in rows]


def of_part(part):
    return [row for row in PAIRS["test"] if part in row.get("parts", [])]


def texts(rows):
    """Return all sides of pairs, clean and typed."""
    return [row[key] for row in rows for key in row if key in TEXT_KEYS]


TEXT_KEYS = {*LANGUAGES, *(f"{language}_typed" for language in LANGUAGES)}


def comparable(text):
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(character for character in folded if character.isalnum())


def blanked(text, slots):
    """Return the comparable sentence with slot names in place of its values."""
    for slot in reversed(slots):
        text = f"{text[: slot['start']]} {slot['slot']} {text[slot['end'] :]}"
    return comparable(text)


def unseen_names():
    for file in ("cities.tsv", "airlines.tsv"):
        with (FLIGHTS / "grammar" / file).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                if row["set"] == "unseen":
                    yield from (n.lower() for key in LANGUAGES for n in row[key].split("|"))


@pytest.fixture(scope="module")
def drawn():
    """Draw the committed pairs again; return them by split or part, with their pieces."""
    sys.path.insert(0, str(FLIGHTS))
    try:
        generate, pairs = (importlib.import_module(name) for name in ("generate", "pairs"))
    finally:
        sys.path.remove(str(FLIGHTS))
    kept = defaultdict(list)

    class Recorder(pairs.PairWriter):
        def _accept(self, drawn, name, new_carriers):
            kept[name].append(drawn)
            return super()._accept(drawn, name, new_carriers)

    material = generate.Material()
    made = Recorder(material, generate.Writer(material).splits()).splits()
    assert made == PAIRS
    return kept


def blanked_of(drawn):
    """Return the blanked sentences of a pair: clean, typed, and the requests alone."""
    from_pieces = importlib.import_module("rows")
    return {
        blanked(from_pieces.text_of(pieces), from_pieces.slots_of(pieces))
        for sides in (drawn.clean, drawn.typed, drawn.bare)
        for pieces in sides.values()
    }


def test_files_are_small_and_parts_have_their_size():
    assert all((FLIGHTS / "pairs" / f"{s}.jsonl").stat().st_size < MAX_BYTES for s in SPLITS)
    assert {split: len(rows) for split, rows in PAIRS.items()} == {
        "train": 9000,
        "valid": 300,
        "test": 1010,
    }
    sizes = Counter(part for row in PAIRS["test"] for part in row.get("parts", ["none"]))
    assert sizes == {
        "none": 250,
        "unseen_values": 200,
        "unseen_templates": 200,
        "cue_before": 180,
        "cue_after": 180,
        "contrast": 360,
    }


def test_rows_hold_known_keys_and_clean_sides():
    for row in ALL:
        known = {*TEXT_KEYS, "pair", "parts", "contrast", "intent", "slots"}
        assert {*LANGUAGES, "pair"} <= row.keys() <= known
        assert ("intent" in row) == ("slots" in row)
        assert HAN.search(row["zh"])
        assert not HAN.search(row["en"])
        assert row["zh"][-1] in "。？！"
        assert row["en"][-1] in ".?!"
        for language in LANGUAGES:
            assert row[language] == row[language].strip() != row.get(f"{language}_typed")
            assert "  " not in row[language]
    assert sorted(row["pair"] for row in ALL) == list(range(1, len(ALL) + 1))
    assert all("slots" in row for row in PAIRS["valid"] + PAIRS["test"])
    assert all(row.keys() <= {*TEXT_KEYS, "pair"} for row in PAIRS["train"])


def test_the_slots_of_both_sides_are_the_same_and_tight():
    for row in PAIRS["valid"] + PAIRS["test"]:
        kinds = []
        for language in LANGUAGES:
            slots, end = row["slots"][language], 0
            for slot in slots:
                assert end <= slot["start"] < slot["end"] <= len(row[language])
                value = row[language][slot["start"] : slot["end"]]
                assert value == value.strip()
                end = slot["end"]
            kinds.append(Counter(slot["slot"] for slot in slots))
        assert kinds[0] == kinds[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_good_share_is_typed_carelessly_but_no_contrast(language):
    key = f"{language}_typed"
    for rows in (PAIRS["train"], PAIRS["valid"], [r for r in PAIRS["test"] if "contrast" not in r]):
        assert 0.25 <= sum(key in row for row in rows) / len(rows) <= 0.5
    assert not any(key in row for row in of_part("contrast"))


def test_no_side_occurs_twice_in_train():
    for language in LANGUAGES:
        assert len({row[language] for row in PAIRS["train"]}) == len(PAIRS["train"])


def test_no_text_of_valid_and_test_is_in_train():
    train = set(map(comparable, texts(PAIRS["train"])))
    slots = [row["text"] for s in ("valid", "test") for row in read(FLIGHTS / f"{s}.jsonl")]
    others = [*texts(PAIRS["valid"] + PAIRS["test"]), *slots]
    assert [text for text in others if comparable(text) in train] == []
    valid = set(map(comparable, texts(PAIRS["valid"])))
    assert [text for text in texts(PAIRS["test"]) if comparable(text) in valid] == []


def test_unseen_names_occur_nowhere_in_train_and_valid():
    written = "\n".join(texts(PAIRS["train"] + PAIRS["valid"])).lower()
    assert [name for name in unseen_names() if name in written] == []
    names = set(unseen_names())
    for row in of_part("unseen_values"):
        for language in LANGUAGES:
            values = [
                row[language][slot["start"] : slot["end"]].lower().removesuffix("市")
                for slot in row["slots"][language]
                if slot["slot"] in {*ROLES, "stopover_city", "airline"}
            ]
            assert values
            assert set(values) <= names


@pytest.mark.parametrize("part", ["unseen_templates", *CUE_PARTS])
def test_blanked_sentences_of_a_part_are_not_in_train(drawn, part):
    train = set().union(*map(blanked_of, drawn["train"]))
    assert [row for row in drawn[part] if blanked_of(row) & train] == []
    # Neither are those of the slot corpus.
    rows = [row for row in read(FLIGHTS / "test.jsonl") if part in row.get("parts", [])]
    assert [r["text"] for r in rows if blanked(r["text"], r["slots"]) in train] == []


def test_a_contrast_is_two_pairs_that_differ_in_the_role():
    groups = defaultdict(list)
    for row in of_part("contrast"):
        groups[row["contrast"]].append(row)
    assert len(groups) == 180
    for one, other in groups.values():
        for language in LANGUAGES:
            values = []
            for row in (one, other):
                slots = [
                    (s["slot"], row[language][s["start"] : s["end"]])
                    for s in row["slots"][language]
                ]
                values.append(slots)
            roles = [{slot for slot, _ in slots} & ROLES for slots in values]
            assert roles[0] | roles[1] == ROLES
            assert [value for _, value in values[0]] == [value for _, value in values[1]]
