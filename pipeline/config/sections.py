"""The settings that all tasks share, with their defaults and descriptions.

Every setting has one home: its default, bounds and description are here or in the `settings.py` of
a task. `python main.py settings` and `docs/settings.md` show them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

Words = Annotated[tuple[str, ...], Field(strict=False)]


class Section(BaseModel):
    """A frozen group of settings; unknown keys and wrong types are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, protected_namespaces=())


class TrainSettings(Section):
    """How a model is trained."""

    seed: int = Field(
        1, ge=0, lt=2**31, description="Seed of the random numbers: weights, row order, dropout."
    )
    epochs: int = Field(30, ge=1, description="Number of passes over the training rows.")
    batch_size: int = Field(32, ge=1, description="Examples per training step.")
    batch_by: Literal["examples", "tokens"] = Field(
        "examples",
        description="What batches have in common: `batch_size` examples each, or about the same"
        " number of tokens, with `batch_size` examples on average.",
    )
    learning_rate: float = Field(3e-3, gt=0, description="Highest learning rate of the schedule.")
    warmup: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="Share of the steps in which the learning rate rises linearly; it then falls"
        " along a cosine.",
    )
    final_share: float = Field(
        0.05, ge=0, le=1, description="Learning rate at the end, as a share of `learning_rate`."
    )
    weight_decay: float = Field(
        0.0, ge=0, description="Decoupled weight decay of AdamW; 0 turns it off."
    )
    averaging: float = Field(
        0.995,
        ge=0,
        lt=1,
        description="Decay per step of the moving average of the weights, which is validated and"
        " published (Polyak and Juditsky 1992). Short trainings use a smaller decay, so that the"
        " average covers at most the last tenth of the steps. 0 turns averaging off.",
    )
    clip_norm: float = Field(
        5.0,
        ge=0,
        description="Upper bound of the norm of the whole gradient (Pascanu et al. 2013); 0 means"
        " no bound.",
    )
    patience: int = Field(
        0,
        ge=0,
        description="Epochs without an improvement on the validation rows before training stops; 0"
        " means never.",
    )
    select_by: Literal["metric", "loss"] = Field(
        "metric",
        description="What selects the best epoch on the validation rows: the task's headline metric"
        " (higher is better) or the training loss (lower is better).",
    )
    tolerance: float = Field(
        0.0,
        ge=0,
        description="Epochs that are worse than the best by at most this much, in the unit of"
        " `select_by`, count as equally good; the latest of them is kept.",
    )
    shuffle_buffer: int = Field(
        20_000, ge=1, description="Examples held in memory for shuffling; batches draw from them."
    )


class RejectSettings(Section):
    """When an answer is marked as rejected because the text may be unlike the training data."""

    precision: float = Field(
        0.0,
        ge=0,
        le=100,
        description="Percent of the accepted validation answers that must be right; it sets the"
        " threshold of the score. 0 accepts every answer.",
    )


class ExportSettings(Section):
    """What is stored with a published version; 0 rows leave a set out (privacy)."""

    parity_rows: int = Field(
        100,
        ge=1,
        description="Validation rows that the candidate answers in a fresh process before it is"
        " published.",
    )
    replay_rows: int = Field(2_000, ge=0, description="Training rows stored for retraining.")
    valid_rows: int = Field(500, ge=0, description="Validation rows stored for retraining.")
    exam_rows: int = Field(
        5_000, ge=0, description="Test rows stored as the exam that a retrained model must pass."
    )
    drift_rows: int = Field(
        1_000,
        ge=0,
        description="Validation rows that live texts are compared with; only counts are stored, no"
        " text.",
    )


class RetrainSettings(Section):
    """How a published model is retrained with new data, and when the result is published.

    The settings up to `piece_count` are about training, the rest about the gate. Differences are
    in percentage points unless a description says otherwise.
    """

    epochs: int = Field(3, ge=1, description="Number of passes over the mixed old and new rows.")
    learning_rate: float = Field(
        0.3, gt=0, description="Factor of the model's `train.learning_rate`."
    )
    held_out: float = Field(0.2, gt=0, lt=0.5, description="Share of the new rows for the gate.")
    valid: float = Field(
        0.1, gt=0, lt=0.5, description="Share of the new rows that select the best epoch."
    )
    new_share: float = Field(
        0.4,
        gt=0,
        lt=1,
        description="Share of new rows in an epoch; the smaller kind, old or new, is repeated to"
        " reach it.",
    )
    max_repeats: int = Field(8, ge=1, description="Most times that a row is repeated in an epoch.")
    optimizer: bool = Field(
        True, description="Whether the optimizer continues from its state at the end of training."
    )
    interpolate: bool = Field(
        True,
        description="Whether to publish the mean of the old and the fine-tuned weights that is best"
        " on the validation rows (Wortsman et al. 2022), among those that lose at most `exam_drop`"
        " on old rows.",
    )
    columns: dict[str, Any] = Field(
        default_factory=dict,
        description="Column names of new files, in place of `data.columns`; by default those of the"
        " first training data. Usual names are tried for columns that a file lacks.",
    )
    subwords: Literal["extend", "retrain", "keep"] = Field(
        "extend",
        description="What happens to the subword tokenizer: `extend` adds pieces of the new texts,"
        " `retrain` learns it again from old and new rows, `keep` leaves it unchanged.",
    )
    new_pieces: int = Field(200, ge=0, description="Most pieces that `subwords: extend` adds.")
    piece_count: int = Field(
        3, ge=1, description="Times that a new piece must occur in the new texts."
    )
    exam_drop: float = Field(
        0.3,
        ge=0,
        description="Largest accepted loss of the headline metric on the old exam; a larger loss"
        " is rejected if it is significant (95 % interval of the paired bootstrap).",
    )
    stress_drop: float = Field(
        1.0, ge=0, description="Like `exam_drop`, for parts of the exam and its harder variants."
    )
    new_gain: float = Field(
        0.0, description="Smallest accepted gain of the headline metric on the new held-out rows."
    )
    forgotten: float = Field(
        2.0,
        ge=0,
        description="Largest accepted net number of old rows newly answered wrong, in percent; one"
        " row is always accepted.",
    )
    label_drop: float = Field(
        3.0,
        ge=0,
        description="Largest accepted loss of right rows of one label; a larger loss is rejected"
        " if it is significant (sign test, corrected for the number of labels).",
    )
    label_rows: int = Field(
        20, ge=1, description="Rows that a label needs in the exam for `label_drop` to apply."
    )
    lost_to_new_labels: float = Field(
        3.0,
        ge=0,
        description="Percent of the old rows that may change from a right answer to a label that"
        " the incumbent lacks; one row is always accepted.",
    )
    annotation_gap: float = Field(
        20.0,
        ge=0,
        description="How much more often both models may contradict the new annotations than those"
        " of the exam; above it the new annotations count as wrong.",
    )
    size: float = Field(
        1.5, gt=0, description="Largest accepted size, as a factor of the incumbent's."
    )
    latency: float = Field(
        2.0, gt=0, description="Largest accepted latency, as a factor of the incumbent's."
    )


class TaskSettings(Section):
    """The groups of settings that the config files of all tasks share.

    Each task declares them with its own fields; here they are for the type checker alone.
    """

    if TYPE_CHECKING:
        task: str
        data: DataSection
        train: TrainSettings
        export: ExportSettings
        tune: TuneSettings
        retrain: RetrainSettings


class DataSection(Section):
    """What the data settings of all tasks share, for the type checker alone."""

    if TYPE_CHECKING:
        format: str
        files: Mapping[str, Any]
        columns: Section


class SplitSettings(Section):
    """How the training file is divided into the splits that have no file of their own."""

    valid: float = Field(0.1, gt=0, lt=0.5, description="Share of the rows for validation.")
    test: float = Field(0.1, gt=0, lt=0.5, description="Share of the rows for the test.")
    seed: int = Field(1, description="Seed of the division.")


class Range(Section):
    """A range of values, both ends included."""

    low: float = Field(description="Lowest value.")
    high: float = Field(description="Highest value.")
    log: bool = Field(
        False, description="Whether to sample on a logarithmic scale: each power of ten alike."
    )

    @model_validator(mode="after")
    def _is_not_empty(self) -> Range:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"low is {self.low:g}; expected low above 0 where log is true")
        return self


Choices = Annotated[list[bool | int | float | str | None], Field(min_length=2)]
RangeOrChoices = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Choices, Tag("choices")],
    Discriminator(lambda value: "choices" if isinstance(value, list) else "range"),
]
TuneSettings = dict[str, RangeOrChoices]
"""What `tune` searches: the dotted key of a setting to a range or to choices."""
TUNE = "Settings that `tune` searches: for each dotted key a range or a list of choices."


class SharedSettings(Section):
    """The groups that tasks share; a task's schema may extend one or change its defaults."""

    train: TrainSettings = TrainSettings()
    reject: RejectSettings = RejectSettings()
    export: ExportSettings = ExportSettings()
    tune: TuneSettings = Field(default_factory=dict, description=TUNE)
    retrain: RetrainSettings = RetrainSettings()
