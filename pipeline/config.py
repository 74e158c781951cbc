"""YAML file + overrides -> validated, frozen settings; and the settings that all tasks share.

A config file's name is the model's name. Its `task` key chooses the schema, a pydantic class of
`Section`s. One setting has one home: what stands here is read nowhere else, and the defaults
below are the only ones.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from typing_extensions import TypeVar

from pipeline.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = ROOT / "configs"
DATA_DIR_VARIABLE = "NLP_DATA_DIR"


class Section(BaseModel):
    """A frozen group of settings; unknown keys and wrong types are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, protected_namespaces=())


class TrainSettings(Section):
    """How a model is fitted.

    `patience` counts epochs without a better one on valid before training stops; 0 = never.
    `select_by`: the better epoch, whose weights are kept, is that of the higher metric (the task's
    headline) or of the lower loss, as training computes it.
    `tolerance`: an epoch that is worse than the best by no more than this, in the unit of what
    decides, counts as good as it, and of such the latest is kept: it took the smallest steps, and
    a lead of a few examples of valid is chance.
    `warmup` and `final_share` shape the learning rate: a linear rise over the first share of the
    steps, then a cosine fall to `final_share` of `learning_rate`.
    `averaging`: what is validated and published is a moving average of the weights, of which each
    step keeps this share (Polyak and Juditsky 1992), or less where the training is so short that
    it would reach back over more than a tenth of it; 0 = the weights as they are.
    `clip_norm` bounds the norm of the whole gradient (Pascanu et al. 2013); 0 = no bound.
    `batch_by`: a batch has `batch_size` examples, or about as many tokens as any other, and
    `batch_size` examples on average.
    `shuffle_buffer` is the number of examples held in memory to shuffle; batches draw from it.
    """

    seed: int = Field(1, ge=0, lt=2**31)
    epochs: int = Field(30, ge=1)
    batch_size: int = Field(32, ge=1)
    batch_by: Literal["examples", "tokens"] = "examples"
    learning_rate: float = Field(3e-3, gt=0)
    warmup: float = Field(0.05, ge=0, lt=1)
    final_share: float = Field(0.05, ge=0, le=1)
    weight_decay: float = Field(0.0, ge=0)
    averaging: float = Field(0.995, ge=0, lt=1)
    clip_norm: float = Field(5.0, ge=0)
    patience: int = Field(0, ge=0)
    select_by: Literal["metric", "loss"] = "metric"
    tolerance: float = Field(0.0, ge=0)
    shuffle_buffer: int = Field(20_000, ge=1)


class RejectSettings(Section):
    """When an answer is marked as rejected: the text may be of a kind that the model does not know.

    `precision`: percent of the answers not rejected that must be right, on valid; the threshold of
    the score is chosen by it. 0 = nothing is rejected.
    """

    precision: float = Field(0.0, ge=0, le=100)


class ExportSettings(Section):
    """What travels with a published version, in rows; 0 leaves the set out (privacy).

    `parity_rows` validation rows are answered by the candidate in a fresh process before it is
    published. `replay_rows` training rows, `valid_rows` validation rows and `exam_rows` test rows
    are kept for retraining. `drift_rows` validation rows are what live texts are compared with; of
    these only counts are kept, no text.
    """

    parity_rows: int = Field(100, ge=1)
    replay_rows: int = Field(2_000, ge=0)
    valid_rows: int = Field(500, ge=0)
    exam_rows: int = Field(5_000, ge=0)
    drift_rows: int = Field(1_000, ge=0)


class RetrainSettings(Section):
    """How a published model is trained on with new data, and when the result may be published.

    The training: `epochs`, and the model's `train.learning_rate` times `learning_rate`. Of the new
    rows `held_out` are kept for the gate and `valid` choose the epoch. `new_share` of the rows that
    an epoch shows are new: the fewer kind, old or new, is shown several times, at most
    `most_repeats`. `optimizer`: whether the optimizer goes on with the state that it ended with.
    `between`: whether what is published is that mean of the old weights and the trained ones that
    is best on valid (Wortsman et al. 2022), of those on which old rows lose `exam_drop` at most.
    `columns`: what new files call that which the task's `data.columns` names; empty means as in the
    data that the model was first trained on. Names that a file lacks are looked for by what is
    usual.
    `subwords`: pieces of the new texts are added to the tokenizer's (`extend`: at most
    `new_pieces`, each at least `piece_count` times in the new texts), or it is learnt anew from old
    and new rows (`retrain`), or stays as it is (`keep`).

    The gate, in points of percent unless it says otherwise: the candidate may lose `exam_drop` of
    the headline metric on the old exam and `stress_drop` on its parts and harder sets, if that is
    no chance (95 % interval of the paired bootstrap). It gains at least `new_gain` on the new
    held-out rows. It may fail on `forgotten` percent more of the old rows than it newly answers, or
    one, and on `label_drop` more of the rows of one label that has at least `label_rows`, if that
    is no chance either (sign test, for as many labels as there are). Old rows that get a label
    which the baseline lacks are left out of these; a new label may take `taken` percent of the old
    rows, or one, from right answers. `suspect`: how much more often than on the exam both models
    may contradict the new annotations, before these are taken to be wrong. `size` and `latency` are
    factors of the baseline's.
    """

    epochs: int = Field(3, ge=1)
    learning_rate: float = Field(0.3, gt=0)
    held_out: float = Field(0.2, gt=0, lt=0.5)
    valid: float = Field(0.1, gt=0, lt=0.5)
    new_share: float = Field(0.4, gt=0, lt=1)
    most_repeats: int = Field(8, ge=1)
    optimizer: bool = True
    between: bool = True
    columns: dict[str, Any] = Field(default_factory=dict)
    subwords: Literal["extend", "retrain", "keep"] = "extend"
    new_pieces: int = Field(200, ge=0)
    piece_count: int = Field(3, ge=1)
    exam_drop: float = Field(0.3, ge=0)
    stress_drop: float = Field(1.0, ge=0)
    new_gain: float = 0.0
    forgotten: float = Field(2.0, ge=0)
    label_drop: float = Field(3.0, ge=0)
    label_rows: int = Field(20, ge=1)
    taken: float = Field(3.0, ge=0)
    suspect: float = Field(20.0, ge=0)
    size: float = Field(1.5, gt=0)
    latency: float = Field(2.0, gt=0)


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
    """Shares of the training file that become the splits that have no file of their own."""

    valid: float = Field(0.1, gt=0, lt=0.5)
    test: float = Field(0.1, gt=0, lt=0.5)
    seed: int = 1


class Range(Section):
    """From `low` to `high`, both included; `log`: each tenfold is as likely as any other."""

    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def _rises(self) -> Range:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"low is {self.low:g}; expected low above 0 where log is true")
        return self


Choices = Annotated[list[bool | int | float | str | None], Field(min_length=2)]
Tried = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Choices, Tag("choices")],
    Discriminator(lambda value: "choices" if isinstance(value, list) else "range"),
]
TuneSettings = dict[str, Tried]
"""What `tune` searches: the dotted key of a setting to a range or to choices."""


class _Loader(yaml.SafeLoader):
    """YAML whose `1e-3` is a number; PyYAML, which wants `1.0e-3`, takes it for a string."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)

Words = Annotated[tuple[str, ...], Field(strict=False)]


S = TypeVar("S", bound=TaskSettings, default=TaskSettings)


@dataclass(frozen=True)
class Config(Generic[S]):
    """Settings with the name of the model that they make.

    `settings` is an instance of the task's own class; its `task` field names the task.
    """

    name: str
    settings: S

    @property
    def task(self) -> str:
        return str(self.settings.task)

    def as_yaml(self) -> str:
        """The full, resolved settings, as a file that `load_config` reads back."""
        return yaml.safe_dump(self.settings.model_dump(mode="json"), sort_keys=False, width=100)

    def digest(self) -> str:
        """Twelve hexadecimal digits that change when any setting changes."""
        canonical = json.dumps(self.settings.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def load_config(
    path: Path | str,
    schema_of: Callable[[str], type[TaskSettings]],
    overrides: Sequence[str] = (),
    name: str | None = None,
) -> Config:
    """Reads one YAML file and lays `overrides` (`train.epochs=3`) over it.

    Args:
        path: The file, or the name of a shipped one (`atis`).
        schema_of: From a task's name to the class of its settings; raises InputError.
        overrides: `key.key=value`, the value in YAML.
        name: The model's name; by default the file's.

    Raises:
        InputError: Names the file, the key, and for an unknown key the nearest valid one.
    """
    file = find_config(path)
    try:
        values = yaml.load(file.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict) or "task" not in values:
        raise InputError(f"{file}: expected settings with a key `task`, e.g. `task: slot_filling`")
    values = {key: value for key, value in values.items() if value is not None}  # `train:` alone
    for override in overrides:
        _apply(values, override)
    schema = schema_of(str(values["task"]))
    try:
        return Config(name or file.stem, schema.model_validate(values))
    except ValidationError as error:
        raise InputError(f"{file}: {_explain(error, schema)}") from error


def setting(config: Config, key: str) -> Any:
    """The value of a setting by its dotted key, as YAML has it.

    Raises:
        InputError: There is no such setting, or it is a group of them.
    """
    value: Any = config.settings.model_dump(mode="json")
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            nearest = _nearest(key, type(config.settings))
            raise InputError(f"unknown setting `{key}`; the nearest is `{nearest}`")
        value = value[part]
    if isinstance(value, dict):
        raise InputError(f"`{key}` is a group of settings; expected one of them")
    return value


def with_settings(config: Config, values: Mapping[str, Any]) -> Config:
    """The config with some settings, by their dotted keys, set to other values.

    Raises:
        InputError: A key is unknown, a value wrong, or they do not fit together.
    """
    changed = config.settings.model_dump(mode="json")
    for key, value in values.items():
        *parents, last = key.split(".")
        section = changed
        for parent in parents:
            section = section[parent]
        section[last] = value
    schema = type(config.settings)
    try:
        return Config(config.name, schema.model_validate(changed))
    except ValidationError as error:
        raise InputError(f"{config.name}: {_explain(error, schema)}") from error


def find_config(path: Path | str) -> Path:
    """The file itself, or the shipped config of that name."""
    for candidate in (Path(path), CONFIGS / f"{path}.yaml", ROOT / path):
        if candidate.is_file():
            return candidate
    shipped = ", ".join(sorted(file.stem for file in CONFIGS.glob("*.yaml")))
    raise InputError(f"{path}: no such config file; shipped ones: {shipped}")


def data_path(text: str) -> Path:
    """A path of a config, with `$NLP_DATA_DIR` filled in (default: `data/benchmarks`).

    A relative path is looked for below the working folder, then below the project's own.
    """
    folder = os.environ.get(DATA_DIR_VARIABLE) or str(ROOT / "data" / "benchmarks")
    path = Path(text.replace(f"${DATA_DIR_VARIABLE}", folder)).expanduser()
    inside = ROOT / path
    return inside if not path.is_absolute() and not path.exists() and inside.exists() else path


def _apply(values: dict[str, Any], override: str) -> None:
    key, sign, text = override.partition("=")
    if not sign or not key:
        raise InputError(f"--set {override}: expected KEY=VALUE, e.g. --set train.epochs=3")
    *parents, last = key.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise InputError(f"--set {override}: {parent} is a value, not a group of settings")
    try:
        values[last] = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise InputError(f"--set {override}: {text!r} is not valid YAML") from error


def _explain(error: ValidationError, schema: type[Section]) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        return f"unknown setting `{key}`; the nearest is `{_nearest(key, schema)}`{more}"
    received = f", received {first['input']!r}" if first["type"] != "missing" else ""
    return f"setting `{key}`: {first['msg'].lower()}{received}{more}"


def _nearest(key: str, schema: type[BaseModel]) -> str:
    """The valid key most like this one; among those of the same depth, if any is like it."""
    keys = list(_keys(schema))
    level = [known for known in keys if known.count(".") == key.count(".")]
    near = difflib.get_close_matches(key, level, n=1)
    return (near or difflib.get_close_matches(key, keys, n=1, cutoff=0.0))[0]


def _keys(schema: type[BaseModel], prefix: str = "") -> Iterator[str]:
    fields: Mapping[str, Any] = schema.model_fields
    for name, field in fields.items():
        yield prefix + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys(field.annotation, f"{prefix}{name}.")
