"""Train a model of a config; its run folder gets the best weights.

`runs/<name>/<time>/` holds the resolved config, the vocabularies, facts about data and machine,
one line of metrics for each epoch, the last checkpoint and the best weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras

from pipeline import artifacts
from pipeline.config import ROOT, Config, TrainSettings, load_config
from pipeline.datasets import batches, store
from pipeline.errors import InputError
from pipeline.predictor import answer_all
from pipeline.report.terminal import note
from pipeline.runs import RunFolder
from pipeline.stages.data import prepare
from pipeline.stages.run import Run
from pipeline.stages.training import checkpoint, environment
from pipeline.stages.training.assembly import Assembly, outputs_of, write_vocabularies
from pipeline.stages.training.data_profile import data_profile
from pipeline.stages.training.epochs import VALID_LOSS, EpochEnd, OnEpoch, Progress, ProgressBar
from pipeline.stages.training.lazy_adamw import LazyAdamW
from pipeline.stages.training.warm_start import Later, Mix, Warm
from pipeline.task import Answer, Record, Task, Vocabularies

RUNS = ROOT / "runs"


def run(
    task: Task,
    config: Config,
    runs: Path = RUNS,
    resume: bool = False,
    *,
    data: store.Prepared | None = None,
    on_epoch: OnEpoch | None = None,
) -> Run:
    """Train a model of the config.

    Args:
        task: The task of the config.
        config: All settings.
        runs: The folder of all run folders.
        resume: Continue the newest run of this name after its last finished epoch.
        data: The prepared dataset, if not that of the config's files.
        on_epoch: Called with the number and the validation scores of each epoch once its files are
            written; an exception that it raises ends the training.

    Raises:
        InputError: There is nothing to resume, or its settings or data differ.
    """
    data = data or prepare.run(task, config)
    prepare.say(config, data)
    if resume:
        resumed = Run(task, config, RunFolder(artifacts.newest_run(runs / config.name)), data)
        _check_resumable(resumed)
        fit(resumed, on_epoch=on_epoch)
        return resumed
    new = Run(task, config, RunFolder(artifacts.new_run(runs / config.name)), data)
    begin(new)
    fit(new, on_epoch=on_epoch)
    return new


def begin(run: Run, vocabularies: Vocabularies | None = None) -> None:
    """Write all that is known before the first step into a new run folder.

    Args:
        run: The new run.
        vocabularies: Learnt from the training rows if None.
    """
    artifacts.write_file(run.folder.config, run.config.as_yaml().encode())
    data = {"key": run.data.builder_config.name, **run.data.info.metadata}
    facts = {**environment.facts(), "config": run.config.digest(), "data": data}
    artifacts.write_json(run.folder.environment, facts)
    if vocabularies is None:
        vocabularies = run.task.model.learn(run.settings, run.records("train"))
    write_vocabularies(run.folder.vocabularies, vocabularies)
    tokenizer = run.task.model.build_tokenizer(run.settings, run.folder.vocabularies)
    profile = data_profile(run.task, tokenizer, _text_groups(run.data))
    artifacts.write_json(run.folder.data_profile, profile)


def fit(
    run: Run,
    warm: Warm | None = None,
    *,
    settings: TrainSettings | None = None,
    on_epoch: OnEpoch | None = None,
) -> None:
    """Train until the last epoch, and calibrate the best weights.

    Args:
        run: As `begin` or an earlier `fit` left it.
        warm: The weights and rows that the training starts with; None for random weights.
        settings: How to train, if not by the run's own `train` settings.
        on_epoch: As for `run`.
    """
    settings = settings or run.settings.train
    environment.set_seeds(settings.seed)  # here: preparing draws from them too, but only once
    training = Training(run, settings, run.assemble(), warm, on_epoch)
    training.compile()
    if not run.folder.checkpoint.exists():
        training.set_first_weights()
    progress = _progress(run, training.parts.model)
    if progress.stopped or progress.epoch >= settings.epochs:
        note(f"{run.folder}: already finished after epoch {progress.epoch}")
    else:
        training.fit(progress)
    if not run.folder.calibration.exists():
        training.calibrate()


@dataclass
class Training:
    """A training in progress.

    Args:
        run: The run.
        settings: How to train.
        parts: The model in memory.
        warm: What the training starts with; None for random weights.
        on_epoch: Called after each epoch.
    """

    run: Run
    settings: TrainSettings
    parts: Assembly
    warm: Warm | None
    on_epoch: OnEpoch | None

    @property
    def mix(self) -> Mix:
        return self.warm.mix if self.warm else Mix()

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return batches.batch_count(self.mix.rows(self.run.data), self.settings.batch_size)

    def compile(self) -> None:
        """Set loss and optimizer; a warm start continues the learning rate's schedule later."""
        settings = self.settings
        total = self.steps * settings.epochs
        warmup = round(total * settings.warmup)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else settings.learning_rate,
            max(1, total - warmup),
            alpha=settings.final_share,
            warmup_target=settings.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
        behind = self.warm.steps if self.warm else 0
        optimizer = LazyAdamW(
            Later(rate, behind) if behind else rate,
            weight_decay=settings.weight_decay,
            global_clipnorm=settings.clip_norm or None,
            use_ema=settings.averaging > 0,
            # A short training is averaged over at most its last tenth, or the average would lag.
            ema_momentum=min(settings.averaging, max(0.0, 1 - 10 / total)),
        )
        model = self.parts.model
        optimizer.build(model.trainable_variables)
        losses = self.run.task.model.losses(self.run.settings, model)
        model.compile(optimizer=optimizer, loss=losses)

    def set_first_weights(self) -> None:
        """Set the weights that are counted on the data or copied from another model."""
        run, parts = self.run, self.parts
        run.task.model.before_training(
            run.settings, parts.tokenizer, parts.model, parts.vocabularies, run.records("train")
        )
        if self.warm:
            self.warm.start(parts)

    def fit(self, progress: Progress) -> None:
        """Train from where the run is until the last epoch."""
        name, model = self.run.config.name, self.parts.model
        count = f"{model.count_params():,} weights, {self.steps} batches an epoch"
        note(f"{name}: {count}; {self.run.folder}")
        bar = ProgressBar(progress.epoch, self.settings.epochs, self.steps)
        try:
            model.fit(
                self._batches(progress),
                initial_epoch=progress.epoch,
                epochs=self.settings.epochs,
                steps_per_epoch=self.steps,
                shuffle=False,  # the stream is shuffled already
                callbacks=[bar, self._epoch_end(progress)],
                verbose=0,
            )
        except KeyboardInterrupt:
            if self.on_epoch is None and self.warm is None:  # other callers continue by themselves
                note(f"stopped after epoch {progress.epoch}; continue with: train {name} --resume")
            raise
        finally:
            bar.close()
        decided = self.run.task.headline if self.settings.select_by == "metric" else "loss"
        note(
            f"{name}: best {decided} on valid {abs(progress.best):.2f} in epoch"
            f" {progress.gained_epoch}; epoch {progress.best_epoch} of {progress.epoch} is kept;"
            f" {progress.seconds:.0f} s of training"
        )

    def _batches(self, progress: Progress) -> object:
        settings, data = self.settings, self.run.data
        # Decoded once if shuffling holds all of them in memory anyway.
        cached = data.info.splits["train"].num_examples <= settings.shuffle_buffer
        return batches.training_batches(
            self.mix.examples(store.examples(data, "train"), cached),
            self._encoder,
            batch_size=settings.batch_size,
            seed=settings.seed,
            buffer=settings.shuffle_buffer,
            first_epoch=progress.epoch,
            epochs=settings.epochs,
            by_tokens=settings.batch_by == "tokens",
        )

    @cached_property
    def _encoder(self) -> batches.Encoder:
        run, parts = self.run, self.parts
        encoder: batches.Encoder = run.task.model.build_encoder(
            run.settings, parts.tokenizer, parts.vocabularies, run.records("train")
        )
        return encoder

    def _epoch_end(self, progress: Progress) -> EpochEnd:
        settings = self.settings
        valid = list(self.run.records("valid"))

        def validate() -> dict[str, float]:
            scores = self._scores(valid)
            if settings.select_by == "loss":
                scores[VALID_LOSS] = self._valid_loss()
            return scores

        return EpochEnd(
            self.run.folder,
            validate,
            self.run.task.headline,
            settings.patience,
            progress,
            settings.tolerance,
            self.on_epoch,
        )

    def _valid_loss(self) -> float:
        held_out = batches.held_out_batches(
            store.examples(self.run.data, "valid"), self._encoder, self.settings.batch_size
        )
        losses = self.parts.model.evaluate(held_out, verbose=0, return_dict=True)
        return float(losses["loss"])

    def _scores(self, records: Sequence[Record]) -> dict[str, float]:
        """Score the model with its present weights; name to percent."""
        scores = self.run.task.judge.score(self.run.settings, records, self.answer(records))
        return {name: metric["value"] for name, metric in scores.metrics.items()}

    def answer(self, records: Sequence[Record]) -> list[Answer]:
        """Answer the texts of some records with the model's present weights."""
        texts = [record["text"] for record in records]
        return answer_all(self.run.task, outputs_of(self.parts.service), texts)

    def calibrate(self) -> None:
        """Calibrate the best weights on valid."""
        run, parts = self.run, self.parts
        optimizer = parts.model.optimizer
        state = checkpoint.load(run.folder.best, parts.model, optimizer)
        valid = list(run.records("valid"))
        if self.warm:
            self.warm.end(parts, valid, self.answer)
        calibration = run.task.model.after_training(
            run.settings, parts.tokenizer, parts.model, parts.vocabularies, valid
        )
        checkpoint.save(run.folder.best, parts.model, optimizer, state)
        artifacts.write_json(run.folder.calibration, calibration)


def _check_resumable(run: Run) -> None:
    folder = run.folder
    if not folder.data_profile.exists():  # the last file that `begin` writes
        raise InputError(f"{folder}: cut before its first step; train without --resume")
    stored = load_config(folder.config, lambda _: type(run.config.settings), name=run.config.name)
    if stored.settings != run.config.settings:
        raise InputError(
            f"{folder}: its settings differ from the config's; resume with the same settings, or"
            " train without --resume"
        )
    if artifacts.read_json(folder.environment)["data"]["key"] != run.data.builder_config.name:
        raise InputError(f"{folder}: its data has changed since; train without --resume")


def _progress(run: Run, model: keras.Model) -> Progress:
    """Return how far a run is; sets its model and optimizer to that point."""
    if not run.folder.checkpoint.exists():
        return Progress()
    return Progress(**checkpoint.load(run.folder.checkpoint, model, model.optimizer))


def _text_groups(data: store.Prepared) -> Iterator[list[str]]:
    texts = store.examples(data, "train").map(lambda example: example["text"]).batch(512)
    for group in texts.as_numpy_iterator():
        yield [text.decode("utf-8") for text in group]
