"""How much context each encoder uses: the role of a city with its cue before it and after it.

    python benchmarks/ladder.py

All models are small and have no CRF, so that the encoder alone decides. In `cue_before` the word
that gives the city its role is before it (到北京, "to Beijing"), in `cue_after` after it
(北京出发).
"""

from __future__ import annotations

from cells import Cell, run

BOTH = ("model.bidirectional=true",)
FORWARD = ("model.bidirectional=false",)
RUNGS: dict[str, tuple[str, ...]] = {
    "feed_forward": (),
    "window": (),
    "jordan": (),
    "elman": FORWARD,
    "elman_jordan": (),
    "lstm": FORWARD,
    "gru": FORWARD,
    "elman-both": BOTH,
    "lstm-both": BOTH,
    "gru-both": BOTH,
    "lstm-both-deep": (*BOTH, "model.depth=2", "train.epochs=14"),  # two layers learn more slowly
    "convolution": ("model.depth=3",),
    "self_attention": ("model.depth=2", "train.learning_rate=0.001"),
}
COMMON = ("model.crf=false", "model.hidden_dim=96", "train.epochs=8")


def ladder_cell(rung: str, settings: tuple[str, ...]) -> Cell:
    encoder = rung.partition("-")[0]
    overrides = (f"model.encoder={encoder}", *COMMON, *settings)
    return Cell(f"ladder-{rung}", "flights_slots", overrides)


def main() -> None:
    results = run([ladder_cell(*rung) for rung in RUNGS.items()])
    from pipeline.report.terminal import print_table

    rows = []
    for rung, result in zip(RUNGS, results, strict=True):
        scores = {split: each["metrics"] for split, each in result["scores"].items()}
        rows.append(
            (
                rung,
                f"{result['training_seconds']:.0f}",
                *(
                    f"{scores[f'test/{part}']['role_accuracy']['value']:.1f}"
                    for part in ("cue_before", "cue_after")
                ),
                f"{scores['test']['slot_f1']['value']:.1f}",
            )
        )
    print_table(
        "role accuracy by encoder", ("encoder", "seconds", "cue before", "cue after", "F1"), rows
    )


if __name__ == "__main__":
    main()
