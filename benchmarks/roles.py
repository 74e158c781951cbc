"""Whether a city that one arrives at is still arrived at in the translation.

    python benchmarks/roles.py saved_models/flights_zh_en saved_models/flights_slots

The slot tagger reads each translation of the embedded test pairs; a sentence counts where it finds
the roles of the source there, each as often, all and no others (`role_fidelity.py`). The
same count on the references is what the tagger lets a perfect translator reach.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cells import HERE, RESULTS

PAIRS = HERE.parent / "data" / "flights" / "pairs" / "test.jsonl"
ROLES = ("departure_city", "arrival_city")
WHOLE = "test"
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("translator", type=Path)
    parser.add_argument("tagger", type=Path)
    arguments = parser.parse_args()
    from pipeline.start import quiet_start

    with quiet_start():
        from pipeline.artifacts import write_json
        from pipeline.predictor import load
        from pipeline.report.terminal import print_table
    translator, tagger = load(arguments.translator), load(arguments.tagger)
    file = RESULTS / f"roles-{translator.manifest['name']}.json"
    if not file.exists():
        write_json(file, measure(translator, tagger))
    found = json.loads(file.read_text(encoding="utf-8"))["roles"]
    rows = [
        (part, each["sentences"], *(_shown(each[side]) for side in ("translations", "references")))
        for part, each in found.items()
    ]
    columns = ("part", "sentences", "roles kept, %", "in the references, %")
    print_table(translator.manifest["name"], columns, rows)


def measure(translator: Any, tagger: Any) -> dict[str, Any]:
    """What goes into the file."""
    from pipeline.stages.training import environment

    began = time.perf_counter()
    languages = translator.config.settings.data.languages
    pairs = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    source, target = languages.source, languages.target
    texts = [pair.get(f"{source}_typed", pair[source]) for pair in pairs]
    said = [answer["translation"] for answer in translator(texts)]
    spans = tag(tagger, [*said, *(pair[target] for pair in pairs)])
    ours, theirs = spans[: len(pairs)], spans[len(pairs) :]
    parts = [WHOLE, *sorted({part for pair in pairs for part in pair.get("parts", ())})]
    chosen = {
        part: [i for i, pair in enumerate(pairs) if part in (WHOLE, *pair.get("parts", ()))]
        for part in parts
    }
    return {
        "cell": {
            model.manifest["name"]: {
                "version": model.version.name,
                "config_hash": model.manifest["config"],
                "published_from": model.manifest["environment"]["commit"],
                "seed": model.config.settings.train.seed,
            }
            for model in (translator, tagger)
        },
        "environment": environment.facts(),
        "load_average": os.getloadavg(),
        "seconds": round(time.perf_counter() - began, 1),
        "roles": {
            part: {
                "sentences": len(rows),
                "translations": kept(pairs, source, said, ours, rows),
                "references": kept(pairs, source, [p[target] for p in pairs], theirs, rows),
            }
            for part, rows in chosen.items()
        },
    }


def tag(tagger: Any, texts: Sequence[str]) -> list[list[tuple[str, int, int]]]:
    """The spans that the tagger finds in each text."""
    return [
        [(slot["slot"], slot["start"], slot["end"]) for slot in answer["slots"]]
        for answer in tagger(list(texts))
    ]


def kept(
    pairs: Sequence[Row],
    source: str,
    translations: Sequence[str],
    spans: Sequence[Any],
    rows: Sequence[int],
) -> dict[str, float]:
    """The share of these sentences whose roles are kept, with its interval."""
    from role_fidelity import role_fidelity

    gold = [
        (
            pairs[row][source],
            [(slot["slot"], slot["start"], slot["end"]) for slot in pairs[row]["slots"][source]],
        )
        for row in rows
    ]
    found = [spans[row] for row in rows]
    counted = role_fidelity(gold, [translations[row] for row in rows], lambda _: found, ROLES)
    return counted.interval().as_dict()


def _shown(interval: dict[str, float]) -> str:
    return f"{interval['value']:.2f} ({interval['low']:.1f}-{interval['high']:.1f})"


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    main()
