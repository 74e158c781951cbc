"""The scenarios of `retrain.py`: a model trained without some data, and the data to add.

atis      trained without the intents airfare and ground_service; one ensemble member instead of the
          config's four, so that three seeds take half an hour
trec6     trained without the class `location`
tatoeba   English to Chinese trained without flights; the embedded pairs are added
cities    flights; ten unseen cities are added, with 20 sentences each
poison    flights; handwritten sentences are added, 30 % of them with wrong labels
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from new_rows import CITY_SLOTS, FLIGHTS, NEW_CITIES, poison_labels, read, with_new_cities, write

KILL = "kill"
HELD_OUT_INTENTS = ("airfare", "ground_service")
HELD_OUT_CLASS = "location"
POISONED_SHARE = 0.3

Record = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One retraining experiment.

    Args:
        task: The task of the model.
        base: The config of the model that is retrained.
        scratch: The config of a model trained on all data, or None if there is no such comparison.
        new: The file of new data.
        test: Test rows for all models.
        is_new: Whether a row contains what was held out from the base model.
        cities: Rows with new cities in contexts of the test set; empty in other scenarios.
    """

    task: Any
    base: Any
    scratch: Any
    new: Path
    test: Sequence[Record] = ()
    is_new: Callable[[Record], bool] = lambda _: False
    cities: Sequence[Record] = ()


def load(name: str, seed: int, settings: Sequence[str] = ()) -> tuple[Any, Any]:
    """Load a config of `configs/` with a seed; return its task and the config."""
    from pipeline.config import load_config
    from pipeline.tasks import find_task, schema_of

    config = load_config(name, schema_of, [f"train.seed={seed}", *settings])
    return find_task(config.task), config


def held_out_scenario(
    config_name: str, folder: Path, seed: int, settings: Sequence[str], is_new: Callable[..., bool]
) -> Scenario:
    """Hold out the new rows of train and valid from the base model and use them as new data."""
    from pipeline.stages.data import bundled_rows

    task, config = load(config_name, seed, settings)
    loaded = {name: list(read()) for name, read in task.data.load(config.settings).splits.items()}
    splits = {name: loaded[name] for name in ("train", "valid", "test")}
    old = {name: [r for r in records if not is_new(r)] for name, records in splits.items()}
    new = [r for name in ("train", "valid") for r in splits[name] if is_new(r)]
    bundled_rows.write(task, folder / "new.jsonl", new)
    return Scenario(
        task=task,
        base=config_for_rows(task, config, folder / "old", old, f"{config.name}_part"),
        scratch=config_for_rows(task, config, folder / "all", splits, f"{config.name}_all"),
        new=folder / "new.jsonl",
        test=splits["test"],
        is_new=is_new,
    )


def config_for_rows(task: Any, config: Any, folder: Path, splits: dict[str, Any], name: str) -> Any:
    """Return the config with these rows as its data."""
    from pipeline.stages.data import bundled_rows

    files = {split: str(folder / f"{split}.jsonl") for split in splits}
    for split, records in splits.items():
        bundled_rows.write(task, Path(files[split]), records)
    data = task.data.bundled_settings(config.settings, files)
    return replace(config, name=name, settings=config.settings.model_copy(update={"data": data}))


def atis(folder: Path, seed: int, settings: Sequence[str]) -> Scenario:
    def is_new(record: Record) -> bool:
        return any(intent in record["intent"] for intent in HELD_OUT_INTENTS)

    return held_out_scenario("atis", folder, seed, ["model.members=1", *settings], is_new)


def trec6(folder: Path, seed: int, settings: Sequence[str]) -> Scenario:
    return held_out_scenario(
        "trec6", folder, seed, settings, lambda r: HELD_OUT_CLASS in r["labels"]
    )


def tatoeba(folder: Path, seed: int, settings: Sequence[str]) -> Scenario:
    """Add the embedded flight pairs to a Tatoeba model; rows not in Tatoeba's test are new."""
    from pipeline.stages.data import bundled_rows

    task, config = load("tatoeba_en_zh", seed, settings)
    _, flights = load("flights_en_zh", seed)
    old, pairs = (
        {name: list(read()) for name, read in task.data.load(c.settings).splits.items()}
        for c in (config, flights)
    )
    bundled_rows.write(task, folder / "new.jsonl", [*pairs["train"], *pairs["valid"]])
    tatoeba_splits = {name: old[name] for name in ("train", "valid", "test")}
    everything = {name: [*records, *pairs[name]] for name, records in tatoeba_splits.items()}
    old_texts = {record["text"] for record in tatoeba_splits["test"]}
    return Scenario(
        task=task,
        base=config_for_rows(task, config, folder / "old", tatoeba_splits, "tatoeba_part"),
        scratch=config_for_rows(task, config, folder / "all", everything, "tatoeba_all"),
        new=folder / "new.jsonl",
        test=everything["test"],
        is_new=lambda record: record["text"] not in old_texts,
    )


def new_cities(folder: Path, seed: int, settings: Sequence[str]) -> Scenario:
    task, config = load("flights_slots", seed, settings)
    new = write(folder / "new.jsonl", with_new_cities(read(FLIGHTS / "train.jsonl"), 20, seed))
    test = write(folder / "asked.jsonl", with_new_cities(read(FLIGHTS / "test.jsonl"), 60, seed))
    from pipeline.stages.data import bundled_rows

    return Scenario(task, config, None, new, cities=bundled_rows.read(task, config, test))


def poison(folder: Path, seed: int, settings: Sequence[str]) -> Scenario:
    task, config = load("flights_slots", seed, settings)
    plain = [
        {key: row[key] for key in ("text", "intent", "slots")}
        for row in read(FLIGHTS / "handwritten.jsonl")
    ]
    return Scenario(
        task, config, None, write(folder / "new.jsonl", poison_labels(plain, POISONED_SHARE, seed))
    )


SCENARIOS: dict[str, Callable[[Path, int, Sequence[str]], Scenario]] = {
    "atis": atis,
    "trec6": trec6,
    "tatoeba": tatoeba,
    "cities": new_cities,
    "poison": poison,
}


def city_f1(scenario: Scenario, run: Any) -> dict[str, float]:
    """Return the candidate's F1 on new cities in test contexts, even if it was not published."""
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
        slots = task.data.to_json(record)["slots"]
        name = next(name for name in names if name in record["text"])
        start = record["text"].index(name)
        end = start + len(name)
        gold, predicted = (
            [
                (s["slot"], s["start"], s["end"])
                for s in spans
                if s["start"] < end and s["end"] > start
            ]
            for spans in (slots, answer["slots"])
        )
        counts.append(count_spans([s for s in gold if s[0] in CITY_SLOTS], predicted))
    score = Counts(np.array(counts), lambda sums: precision_recall_f1(*np.moveaxis(sums, -1, 0))[2])
    return score.interval().as_dict()
