"""Whether translations keep the roles of cities: departure stays departure, arrival arrival.

    python benchmarks/roles.py saved_models/flights_zh_en saved_models/flights_slots

The slot tagger tags each translation of the embedded test pairs. A sentence counts as correct if
the tagger finds exactly the roles of the source in it, each the same number of times
(`role_fidelity.py`). The score of the references is the limit that the tagger's errors set for a
perfect translator.
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
    parts = json.loads(file.read_text(encoding="utf-8"))["roles"]
    rows = [
        (
            part,
            each["sentences"],
            *(_format_interval(each[side]) for side in ("translations", "references")),
        )
        for part, each in parts.items()
    ]
    columns = ("part", "sentences", "roles kept, %", "in the references, %")
    print_table(translator.manifest["name"], columns, rows)


def measure(translator: Any, tagger: Any) -> dict[str, Any]:
    """Return the contents of the result file."""
    from pipeline.stages.training import environment

    start = time.perf_counter()
    languages = translator.config.settings.data.languages
    pairs = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    source, target = languages.source, languages.target
    texts = [pair.get(f"{source}_typed", pair[source]) for pair in pairs]
    translations = [answer["translation"] for answer in translator(texts)]
    spans = predict_spans(tagger, [*translations, *(pair[target] for pair in pairs)])
    translation_spans, reference_spans = spans[: len(pairs)], spans[len(pairs) :]
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
        "seconds": round(time.perf_counter() - start, 1),
        "roles": {
            part: {
                "sentences": len(rows),
                "translations": role_score(pairs, source, translations, translation_spans, rows),
                "references": role_score(
                    pairs, source, [p[target] for p in pairs], reference_spans, rows
                ),
            }
            for part, rows in chosen.items()
        },
    }


def predict_spans(tagger: Any, texts: Sequence[str]) -> list[list[tuple[str, int, int]]]:
    """Return the spans that the tagger predicts in each text."""
    return [
        [(slot["slot"], slot["start"], slot["end"]) for slot in answer["slots"]]
        for answer in tagger(list(texts))
    ]


def role_score(
    pairs: Sequence[Row],
    source: str,
    translations: Sequence[str],
    spans: Sequence[Any],
    rows: Sequence[int],
) -> dict[str, float]:
    """Return the share of these sentences whose roles are kept, with its interval."""
    from role_fidelity import role_fidelity

    gold = [
        (
            pairs[row][source],
            [(slot["slot"], slot["start"], slot["end"]) for slot in pairs[row]["slots"][source]],
        )
        for row in rows
    ]
    predicted = [spans[row] for row in rows]
    counts = role_fidelity(gold, [translations[row] for row in rows], lambda _: predicted, ROLES)
    return counts.interval().as_dict()


def _format_interval(interval: dict[str, float]) -> str:
    return f"{interval['value']:.2f} ({interval['low']:.1f}-{interval['high']:.1f})"


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    main()
