"""A config becomes a run folder with the best weights.

`runs/<name>/<time>/` holds the resolved config, the vocabularies, the facts about data and
machine, a line of metrics an epoch, the last checkpoint and the best weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras

from pipeline import artifacts
from pipeline.config import ROOT, Config, TrainSettings
from pipeline.datasets import batches, store
from pipeline.errors import InputError
from pipeline.predictor import answer_all
from pipeline.report.terminal import note
from pipeline.stages.data import prepare
from pipeline.stages.training import checkpoint, environment
from pipeline.stages.training.assembly import (
    VOCABULARIES,
    Assembly,
    assemble,
    outputs_of,
    write_vocabularies,
)
from pipeline.stages.training.epochs import (
    BEST,
    CHECKPOINT,
    VALID_LOSS,
    EpochEnd,
    OnEpoch,
    ProgressBar,
    State,
)
from pipeline.stages.training.lazy_adamw import LazyAdamW
from pipeline.stages.training.warm_start import Later, Mix, Warm
from pipeline.task import Answer, Record, Task, Vocabularies

RUNS = ROOT / "runs"
CONFIG, CONTRACT, CALIBRATION = "config.yaml", "contract.json", "calibration.json"


def run(
    task: Task,
    config: Config,
    runs: Path = RUNS,
    resume: bool = False,
    *,
    on_epoch: OnEpoch | None = None,
) -> Path:
    """Trains a model of the config and gives the folder of its run.

    Args:
        task: The config's.
        config: All settings.
        runs: Where run folders go.
        resume: Go on with the newest run of this name from its last finished epoch.
        on_epoch: Told the number and the scores on valid of each epoch once its files are written;
            what it raises ends the training.

    Raises:
        InputError: There is nothing to resume, or its settings or data were others.
    """
    data = prepare.run(task, config)
    prepare.say(config, data)
    if resume:
        folder = _resumed(runs, config, data)
    else:
        folder = artifacts.new_run(runs / config.name)
        begin(folder, task, config, data)
    return fit(task, config, folder, data, on_epoch=on_epoch)


def fit(
    task: Task,
    config: Config,
    folder: Path,
    data: store.Prepared,
    warm: Warm | None = None,
    *,
    on_epoch: OnEpoch | None = None,
) -> Path:
    """Trains until the last epoch of the config, and calibrates the best weights.

    Args:
        task: The config's.
        config: All settings.
        folder: Of the run, as `begin` or an earlier `fit` left it.
        data: The config's, prepared.
        warm: What the training begins with; None for a model that knows nothing.
        on_epoch: As for `run`.
    """
    settings: TrainSettings = config.settings.train
    environment.set_seeds(settings.seed)  # here: preparing draws from them too, but only once
    parts = assemble(task, config, folder)
    mix = warm.mix if warm else Mix()
    steps = batches.batch_count(mix.rows(data), settings.batch_size)
    _compile(task, config, parts.model, steps, warm.steps if warm else 0)
    if not (folder / CHECKPOINT).exists():
        task.count(
            config.settings,
            parts.tokenizer,
            parts.model,
            parts.vocabularies,
            store.records(data, "train"),
        )
        if warm:
            warm.start(parts)
    state = _state(folder, parts.model)
    if state.stopped or state.epoch >= settings.epochs:
        note(f"{folder}: already finished after epoch {state.epoch}")
    else:
        count = f"{parts.model.count_params():,} weights, {steps} batches an epoch"
        note(f"{config.name}: {count}; {folder}")
        try:
            _fit(task, config, folder, parts, data, steps, state, mix, on_epoch)
        except KeyboardInterrupt:
            if on_epoch is None and warm is None:  # else who called knows how to go on
                note(f"stopped after epoch {state.epoch}; go on with: train {config.name} --resume")
            raise
        decided = task.headline if settings.select_by == "metric" else "loss"
        note(
            f"{config.name}: best {decided} on valid {abs(state.best):.2f} in epoch"
            f" {state.gained_epoch}; epoch {state.best_epoch} of {state.epoch} is kept;"
            f" {state.seconds:.0f} s of training"
        )
    if not (folder / CALIBRATION).exists():
        _calibrate(task, config, folder, parts, data, warm)
    return folder


def begin(
    folder: Path,
    task: Task,
    config: Config,
    data: store.Prepared,
    vocabularies: Vocabularies | None = None,
) -> None:
    """Writes into a new run folder all that is known before the first step.

    Vocabularies are learnt from the training rows where none are given.
    """
    artifacts.write_file(folder / CONFIG, config.as_yaml().encode())
    described = {"key": data.builder_config.name, **data.info.metadata}
    artifacts.write_json(
        folder / environment.FILE,
        {**environment.facts(), "config": config.digest(), "data": described},
    )
    if vocabularies is None:
        vocabularies = task.fit(config.settings, store.records(data, "train"))
    write_vocabularies(folder, vocabularies)
    tokenizer = task.build_tokenizer(config.settings, folder / VOCABULARIES)
    contract = task.contract(tokenizer, vocabularies, _texts(data))
    artifacts.write_json(folder / CONTRACT, contract)


def _resumed(runs: Path, config: Config, data: store.Prepared) -> Path:
    folder = artifacts.newest_run(runs / config.name)
    if not (folder / CONTRACT).exists():  # the last file that `begin` writes
        raise InputError(f"{folder}: cut before its first step; train without --resume")
    if (folder / CONFIG).read_text(encoding="utf-8") != config.as_yaml():
        raise InputError(
            f"{folder}: its settings differ from the config's; resume with the same settings, or"
            " train without --resume"
        )
    if artifacts.read_json(folder / environment.FILE)["data"]["key"] != data.builder_config.name:
        raise InputError(f"{folder}: its data has changed since; train without --resume")
    return folder


def _compile(task: Task, config: Config, model: keras.Model, steps: int, behind: int = 0) -> None:
    """Loss and optimizer; the learning rate's course begins after `behind` steps."""
    settings: TrainSettings = config.settings.train
    total = steps * settings.epochs
    warmup = round(total * settings.warmup)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else settings.learning_rate,
        max(1, total - warmup),
        alpha=settings.final_share,
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    optimizer = LazyAdamW(
        Later(rate, behind) if behind else rate,
        weight_decay=settings.weight_decay,
        global_clipnorm=settings.clip_norm or None,
        use_ema=settings.averaging > 0,
        # A short training is averaged over its last tenth at most, or it would lag behind.
        ema_momentum=min(settings.averaging, max(0.0, 1 - 10 / total)),
    )
    optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer, loss=task.losses(config.settings, model))


def _fit(
    task: Task,
    config: Config,
    folder: Path,
    parts: Assembly,
    data: store.Prepared,
    steps: int,
    state: State,
    mix: Mix,
    on_epoch: OnEpoch | None,
) -> None:
    settings: TrainSettings = config.settings.train
    # Decoded once where shuffling holds all of them in memory anyway.
    cached = data.info.splits["train"].num_examples <= settings.shuffle_buffer
    examples = mix.examples(store.examples(data, "train"), cached)
    encoder = task.build_encoder(
        config.settings, parts.tokenizer, parts.vocabularies, store.records(data, "train")
    )
    stream = batches.training_batches(
        examples,
        encoder,
        batch_size=settings.batch_size,
        seed=settings.seed,
        buffer=settings.shuffle_buffer,
        first_epoch=state.epoch,
        epochs=settings.epochs,
        by_tokens=settings.batch_by == "tokens",
    )
    valid = list(store.records(data, "valid"))

    def validate() -> dict[str, float]:
        found = _scores(task, config, parts, valid)
        if settings.select_by == "loss":
            held_out = batches.held_out_batches(
                store.examples(data, "valid"), encoder, settings.batch_size
            )
            found[VALID_LOSS] = parts.model.evaluate(held_out, verbose=0, return_dict=True)["loss"]
        return found

    bar = ProgressBar(state.epoch, settings.epochs, steps)
    ends = EpochEnd(
        folder, validate, task.headline, settings.patience, state, settings.tolerance, on_epoch
    )
    try:
        parts.model.fit(
            stream,
            initial_epoch=state.epoch,
            epochs=settings.epochs,
            steps_per_epoch=steps,
            shuffle=False,  # the stream is shuffled already
            callbacks=[bar, ends],
            verbose=0,
        )
    finally:
        bar.close()


def _scores(
    task: Task, config: Config, parts: Assembly, records: Sequence[Record]
) -> dict[str, float]:
    """The metrics of the model as it is, name to percent."""
    scores = task.score(config.settings, records, _answers(task, parts, records))
    return {name: metric["value"] for name, metric in scores.metrics.items()}


def _answers(task: Task, parts: Assembly, records: Sequence[Record]) -> list[Answer]:
    """What the model as it is says to some rows."""
    texts = [record["text"] for record in records]
    return answer_all(task, outputs_of(parts.service), texts)


def _calibrate(
    task: Task,
    config: Config,
    folder: Path,
    parts: Assembly,
    data: store.Prepared,
    warm: Warm | None,
) -> None:
    """Fits what makes the scores of the best weights mean what they say, on valid."""
    optimizer = parts.model.optimizer
    state = checkpoint.load(folder / BEST, parts.model, optimizer)
    valid = list(store.records(data, "valid"))
    if warm:
        warm.end(parts, valid, partial(_answers, task, parts))
    found = task.calibrate(config.settings, parts.tokenizer, parts.model, parts.vocabularies, valid)
    checkpoint.save(folder / BEST, parts.model, optimizer, state)
    artifacts.write_json(folder / CALIBRATION, found)


def _state(folder: Path, model: keras.Model) -> State:
    """Where a run stands; its model and optimizer are set to it."""
    file = folder / CHECKPOINT
    if not file.exists():
        return State()
    return State(**checkpoint.load(file, model, model.optimizer))


def _texts(data: store.Prepared) -> Any:
    texts = store.examples(data, "train").map(lambda example: example["text"]).batch(512)
    return ([text.decode("utf-8") for text in group] for group in texts.as_numpy_iterator())
