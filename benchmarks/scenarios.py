"""What `retrain.py` retrains: a model without something, and the data that have it.

atis      without the intents airfare and ground_service and all that only their rows have; one
          member in place of the config's four, so that three seeds fit into half an hour
trec6     without the class `location`
tatoeba   English to Chinese without flights; then with the embedded pairs
cities    flights; then with ten cities that nobody has seen, 20 sentences each
poison    flights; then with handwritten sentences of which 30 % have the labels of others
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from new_rows import CITY_SLOTS, FLIGHTS, NEW_CITIES, cities, poisoned, read, write

KILL = "kill"
HELD_OUT_INTENTS = ("airfare", "ground_service")
HELD_OUT_CLASS = "location"
SHARE = 0.3  # of the poisoned rows

Record = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One thing to retrain.

    Args:
        task: Whose model it is.
        base: The config of the model that is retrained.
        scratch: The config of a model on everything; None where there is none to compare with.
        new: The file of new data.
        test: Rows that all models are asked.
        is_new: Whether a row has what the base model was trained without.
        cities: Rows of new cities in contexts of the test set, if it is about these.
    """

    task: Any
    base: Any
    scratch: Any
    new: Path
    test: Sequence[Record] = ()
    is_new: Callable[[Record], bool] = lambda _: False
    cities: Sequence[Record] = ()


def load(name: str, seed: int, settings: Sequence[str] = ()) -> tuple[Any, Any]:
    """A shipped config with a seed, and its task."""
    from pipeline.config import load_config
    from pipeline.tasks import find_task, schema_of

    config = load_config(name, schema_of, [f"train.seed={seed}", *settings])
    return find_task(config.task), config


def divided(
    config_name: str, folder: Path, seed: int, settings: Sequence[str], is_new: Callable[..., bool]
) -> Scenario:
    """The config's rows without the new ones; these, of train and valid, as new data."""
    from pipeline.stages.data import bundled_rows

    task, config = load(config_name, seed, settings)
    found = {name: list(read()) for name, read in task.data.load(config.settings).splits.items()}
    splits = {name: found[name] for name in ("train", "valid", "test")}
    old = {name: [r for r in records if not is_new(r)] for name, records in splits.items()}
    new = [r for name in ("train", "valid") for r in splits[name] if is_new(r)]
    bundled_rows.write(task, folder / "new.jsonl", new)
    return Scenario(
        task=task,
        base=on_rows(task, config, folder / "old", old, f"{config.name}_part"),
        scratch=on_rows(task, config, folder / "all", splits, f"{config.name}_all"),
        new=folder / "new.jsonl",
        test=splits["test"],
        is_new=is_new,
    )


def on_rows(task: Any, config: Any, folder: Path, splits: dict[str, Any], name: str) -> Any:
    """The config with these rows as its data."""
    from pipeline.stages.data import bundled_rows

    files = {split: str(folder / f"{split}.jsonl") for split in splits}
    for split, records in splits.items():
        bundled_rows.write(task, Path(files[split]), records)
    data = task.data.bundled_settings(config.settings, files)
    return replace(config, name=name, settings=config.settings.model_copy(update={"data": data}))


def atis(folder: Path, seed: int, settings: Sequence[str]) -> Scenario:
    def is_new(record: Record) -> bool:
        return any(intent in record["intent"] for intent in HELD_OUT_INTENTS)

    return divided("atis", folder, seed, ["model.members=1", *settings], is_new)


def trec6(folder: Path, seed: int, settings: Sequence[str]) -> Scenario:
    return divided("trec6", folder, seed, settings, lambda r: HELD_OUT_CLASS in r["labels"])


def tatoeba(folder: Path, seed: int, settings: Sequence[str]) -> Scenario:
    """Rows of the flights are told by their file."""
    from pipeline.stages.data import bundled_rows

    task, config = load("tatoeba_en_zh", seed, settings)
    _, flights = load("flights_en_zh", seed)
    old, pairs = (
        {name: list(read()) for name, read in task.data.load(c.settings).splits.items()}
        for c in (config, flights)
    )
    bundled_rows.write(task, folder / "new.jsonl", [*pairs["train"], *pairs["valid"]])
    usual = {name: old[name] for name in ("train", "valid", "test")}
    everything = {name: [*records, *pairs[name]] for name, records in usual.items()}
    known = {record["text"] for record in usual["test"]}
    return Scenario(
        task=task,
        base=on_rows(task, config, folder / "old", usual, "tatoeba_part"),
        scratch=on_rows(task, config, folder / "all", everything, "tatoeba_all"),
        new=folder / "new.jsonl",
        test=everything["test"],
        is_new=lambda record: record["text"] not in known,
    )


def new_cities(folder: Path, seed: int, settings: Sequence[str]) -> Scenario:
    task, config = load("flights_slots", seed, settings)
    new = write(folder / "new.jsonl", cities(read(FLIGHTS / "train.jsonl"), 20, seed))
    asked = write(folder / "asked.jsonl", cities(read(FLIGHTS / "test.jsonl"), 60, seed))
    from pipeline.stages.data import bundled_rows

    return Scenario(task, config, None, new, cities=bundled_rows.read(task, config, asked))


def poison(folder: Path, seed: int, settings: Sequence[str]) -> Scenario:
    task, config = load("flights_slots", seed, settings)
    plain = [
        {key: row[key] for key in ("text", "intent", "slots")}
        for row in read(FLIGHTS / "handwritten.jsonl")
    ]
    return Scenario(task, config, None, write(folder / "new.jsonl", poisoned(plain, SHARE, seed)))


SCENARIOS: dict[str, Callable[[Path, int, Sequence[str]], Scenario]] = {
    "atis": atis,
    "trec6": trec6,
    "tatoeba": tatoeba,
    "cities": new_cities,
    "poison": poison,
}


def city_f1(scenario: Scenario, run: Any) -> dict[str, float]:
    """F1 of the new cities in contexts of the test set, the candidate's, published or not."""
    import numpy as np

    from pipeline.metrics.intervals import Counts
    from pipeline.metrics.spans import count_spans, precision_recall_f1
    from pipeline.predictor import answer_all
    from pipeline.stages.training.assembly import outputs_of

    task = scenario.task
    outputs = outputs_of(run.best.service)
    texts = [record["text"] for record in scenario.cities]
    names = [name for listed in NEW_CITIES.values() for name in listed]
    counts = []
    for record, answer in zip(scenario.cities, answer_all(task, outputs, texts), strict=True):
        rows = task.data.to_json(record)["slots"]
        name = next(name for name in names if name in record["text"])
        start = record["text"].index(name)
        place = start, start + len(name)
        gold, found = (
            [
                (s["slot"], s["start"], s["end"])
                for s in spans
                if s["start"] < place[1] and s["end"] > place[0]
            ]
            for spans in (rows, answer["slots"])
        )
        counts.append(count_spans([s for s in gold if s[0] in CITY_SLOTS], found))
    score = Counts(np.array(counts), lambda sums: precision_recall_f1(*np.moveaxis(sums, -1, 0))[2])
    return score.interval().as_dict()
