"""What an administrator may change: labels, traffic, and looking at the folder now.

Each setting has one home, a file in the model's folder, which is what is written here; so a change
outlives the process, and a person with an editor does the same.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.artifacts import write_file, write_json
from pipeline.serving.errors import Code, ServingError, invalid, not_found
from pipeline.serving.telemetry.logs import log
from pipeline.serving.versions import traffic
from pipeline.serving.versions.folders import LABELS, list_versions, parse_labels
from pipeline.serving.versions.model import Model
from pipeline.serving.versions.registry import Models


@dataclass(frozen=True)
class Config:
    """One model of a ReloadConfigRequest."""

    name: str
    base_path: str
    labels: Mapping[str, int]


class Admin:
    """Makes one change after the other.

    Args:
        models: What is served.
    """

    def __init__(self, models: Models) -> None:
        self.models = models
        self._lock = threading.Lock()

    def models_now(self) -> dict[str, Any]:
        """Versions, labels and traffic of each model."""
        return {model.name: _facts(model) for model in self.models.by_name.values()}

    def reload(self) -> dict[str, Any]:
        """Looks at the folder now instead of at the next second."""
        with self._lock:
            self.models.refresh()
        return self.models_now()

    def set_labels(self, name: str, document: Any) -> dict[str, Any]:
        """Replaces the labels of a model by `{"stable": 3, ...}`.

        Raises:
            ServingError: NOT_FOUND for the model; INVALID_ARGUMENT for what are no labels;
                FAILED_PRECONDITION where a version does not serve even when asked to, or traffic
                names a label that is left out: then the labels stay as they were.
        """
        model = self._model(name)
        try:
            labels = parse_labels(document, "labels")
        except ValueError as error:
            raise invalid(str(error)) from error
        with self._lock:
            return self._set_labels(model, labels)

    def set_traffic(self, name: str, document: Any) -> dict[str, Any]:
        """Replaces the traffic of a model; see `traffic`.

        Raises:
            ServingError: As `set_labels`; every version that is named must serve.
        """
        model = self._model(name)
        try:
            wanted = traffic.parse(document, "traffic")
        except ValueError as error:
            raise invalid(str(error)) from error
        with self._lock:
            on_disk = _versions(model)
            unknown = [w for w in wanted.named if model.labels.get(str(w), w) not in on_disk]
            if unknown:
                raise _missing(model, unknown)
            self._replace(model.folder / traffic.FILE, document, model, wanted.named)
        log("traffic_set", model=name, traffic=document)
        return _facts(model)

    def reload_config(self, configs: Sequence[Config]) -> None:
        """TensorFlow Serving's ReloadConfig, as far as the folder is what says what is served.

        Raises:
            ServingError: A name stands twice, a base path is not the model's folder, or models that
                are served are not listed (INVALID_ARGUMENT); else as `set_labels`.
        """
        names = [config.name for config in configs]
        if len(set(names)) < len(names):
            raise invalid(f"Duplicate model names: {sorted(names)}")
        for config in configs:
            if not self._is_home(config):
                raise invalid(
                    f"Model {config.name}: expected its own folder below the served one as an"
                    f" absolute base_path, received {config.base_path!r}"
                )
        self.reload()
        left_out = self.models.by_name.keys() - set(names)
        if left_out:
            raise invalid(f"This server serves its whole folder; not listed: {sorted(left_out)}")
        for config in configs:
            self.set_labels(config.name, dict(config.labels))

    def _is_home(self, config: Config) -> bool:
        """Whether the base path is the model's own folder."""
        given = Path(config.base_path)
        try:
            home = (self.models.root / config.name).resolve()
            return given.is_absolute() and given.resolve() == home
        except ValueError:  # NUL is in no path
            return False

    def _model(self, name: str) -> Model:
        model = self.models.by_name.get(name)
        if model is None:
            raise not_found(f"Could not find any versions of model {name}")
        return model

    def _set_labels(self, model: Model, labels: dict[str, int]) -> dict[str, Any]:
        on_disk = _versions(model)
        unknown = [number for number in labels.values() if number not in on_disk]
        if unknown:
            raise _missing(model, unknown)
        orphans = [w for w in model.traffic.named if isinstance(w, str) and w not in labels]
        if orphans:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                f"Model {model.name}: its traffic still names {', '.join(orphans)}; change that"
                " first",
            )
        self._replace(model.folder / LABELS, labels, model, tuple(labels.values()))
        log("labels_set", model=model.name, labels=labels)
        return _facts(model)

    def _replace(
        self, file: Path, document: Any, model: Model, wanted: Sequence[traffic.Which]
    ) -> None:
        """Writes a file; where a version that it names does not come up, what was comes back."""
        try:
            before = file.read_bytes() if file.exists() else None
            write_json(file, document)
        except OSError as error:  # a folder that is mounted read-only, above all
            raise ServingError(
                Code.FAILED_PRECONDITION,
                f"Model {model.name}: {file.name} cannot be written ({error.strerror}); nothing was"
                " changed",
            ) from error
        self.models.refresh()
        missing = [which for which in wanted if model.serving(which) is None]
        if missing:
            if before is None:
                file.unlink()
            else:
                write_file(file, before)
            self.models.refresh()
            raise _missing(model, missing)


def _versions(model: Model) -> dict[int, Path]:
    """Those on the disk.

    Raises:
        ServingError: FAILED_PRECONDITION; the model serves, but its folder is gone.
    """
    try:
        return list_versions(model.folder)
    except OSError as error:
        raise ServingError(
            Code.FAILED_PRECONDITION,
            f"Model {model.name}: its folder cannot be read ({error.strerror}); nothing was"
            " changed",
        ) from error


def _missing(model: Model, versions: Sequence[traffic.Which]) -> ServingError:
    quarantine = model.quarantine
    reasons = [quarantine[v].reason for v in versions if v in quarantine]
    why = f" ({'; '.join(reasons)})" if reasons else ""
    named = ", ".join(map(str, versions))
    return ServingError(
        Code.FAILED_PRECONDITION,
        f"Model {model.name}: no such version serves: {named}{why}; nothing was changed",
    )


def _facts(model: Model) -> dict[str, Any]:
    return {
        "serving": sorted(model.engines),
        "quarantined": {str(n): q.reason for n, q in model.quarantine.items()},
        "labels": model.labels,
        "traffic": model.traffic.document(),
    }
