"""Changes by an administrator: labels, traffic, and an immediate poll of the folder.

Each setting is stored in one file in the model's folder, and changes are written to that file. So a
change outlives the process, and editing the file by hand has the same effect.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts import write_file, write_json
from pipeline.serving.errors import Code, ServingError, invalid, not_found
from pipeline.serving.telemetry.logs import log
from pipeline.serving.versions import traffic
from pipeline.serving.versions.folders import LABELS, list_versions, parse_labels
from pipeline.serving.versions.model import Model
from pipeline.serving.versions.registry import ModelRegistry


@dataclass(frozen=True)
class ModelConfig:
    """One model of a ReloadConfigRequest."""

    name: str
    base_path: str
    labels: Mapping[str, int]


class Admin:
    """Carries out changes, one at a time.

    Args:
        models: The models that are served.
    """

    def __init__(self, models: ModelRegistry) -> None:
        self.models = models
        self._lock = threading.Lock()

    def describe_models(self) -> dict[str, object]:
        """Return the versions, labels and traffic of each model."""
        return {model.name: _describe(model) for model in self.models.by_name.values()}

    def reload(self) -> dict[str, object]:
        """Poll the folder now."""
        with self._lock:
            self.models.refresh()
        return self.describe_models()

    def set_labels(self, name: str, document: object) -> dict[str, object]:
        """Replace the labels of a model by `{"stable": 3, ...}`.

        Raises:
            ServingError: NOT_FOUND; no such model. INVALID_ARGUMENT; invalid labels.
                FAILED_PRECONDITION; a version does not load, or the traffic uses a label that is
                left out. The labels are then unchanged.
        """
        model = self._model(name)
        try:
            labels = parse_labels(document, "labels")
        except ValueError as error:
            raise invalid(str(error)) from error
        with self._lock:
            return self._set_labels(model, labels)

    def set_traffic(self, name: str, document: object) -> dict[str, object]:
        """Replace the traffic of a model; see `traffic` for the format.

        Raises:
            ServingError: As in `set_labels`; every version in the traffic must serve.
        """
        model = self._model(name)
        try:
            requested = traffic.parse_traffic(document, "traffic")
        except ValueError as error:
            raise invalid(str(error)) from error
        with self._lock:
            on_disk = _versions(model)
            unknown = [
                v for v in requested.referenced if model.labels.get(str(v), v) not in on_disk
            ]
            if unknown:
                raise _missing(model, unknown)
            self._replace(model.folder / traffic.FILE, document, model, requested.referenced)
        log("traffic_set", model=name, traffic=document)
        return _describe(model)

    def reload_config(self, configs: Sequence[ModelConfig]) -> None:
        """Set labels by TensorFlow Serving's ReloadConfig; the folder still decides what is served.

        Raises:
            ServingError: INVALID_ARGUMENT; a name is listed twice, a base path is not the model's
                folder, or a served model is not listed. Otherwise as in `set_labels`.
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

    def _is_home(self, config: ModelConfig) -> bool:
        """Whether the base path is the model's own folder."""
        base = Path(config.base_path)
        try:
            home = (self.models.root / config.name).resolve()
            return base.is_absolute() and base.resolve() == home
        except ValueError:  # a path cannot contain NUL
            return False

    def _model(self, name: str) -> Model:
        model = self.models.by_name.get(name)
        if model is None:
            raise not_found(f"Could not find any versions of model {name}")
        return model

    def _set_labels(self, model: Model, labels: dict[str, int]) -> dict[str, object]:
        on_disk = _versions(model)
        unknown = [number for number in labels.values() if number not in on_disk]
        if unknown:
            raise _missing(model, unknown)
        orphans = [v for v in model.traffic.referenced if isinstance(v, str) and v not in labels]
        if orphans:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                f"Model {model.name}: its traffic still names {', '.join(orphans)}; change that"
                " first",
            )
        self._replace(model.folder / LABELS, labels, model, tuple(labels.values()))
        log("labels_set", model=model.name, labels=labels)
        return _describe(model)

    def _replace(
        self, file: Path, document: object, model: Model, requested: Sequence[traffic.VersionRef]
    ) -> None:
        """Write a file; if a version that it names does not load, restore the previous content."""
        try:
            before = file.read_bytes() if file.exists() else None
            write_json(file, document)
        except OSError as error:  # most often a folder that is mounted read-only
            raise ServingError(
                Code.FAILED_PRECONDITION,
                f"Model {model.name}: {file.name} cannot be written ({error.strerror}); nothing was"
                " changed",
            ) from error
        self.models.refresh()
        missing = [version for version in requested if model.serving(version) is None]
        if missing:
            if before is None:
                file.unlink()
            else:
                write_file(file, before)
            self.models.refresh()
            raise _missing(model, missing)


def _versions(model: Model) -> dict[int, Path]:
    """Return the versions on disk.

    Raises:
        ServingError: FAILED_PRECONDITION; the model's folder cannot be read.
    """
    try:
        return list_versions(model.folder)
    except OSError as error:
        raise ServingError(
            Code.FAILED_PRECONDITION,
            f"Model {model.name}: its folder cannot be read ({error.strerror}); nothing was"
            " changed",
        ) from error


def _missing(model: Model, versions: Sequence[traffic.VersionRef]) -> ServingError:
    quarantine = model.quarantine
    reasons = [quarantine[v].reason for v in versions if v in quarantine]
    why = f" ({'; '.join(reasons)})" if reasons else ""
    named = ", ".join(map(str, versions))
    return ServingError(
        Code.FAILED_PRECONDITION,
        f"Model {model.name}: no such version serves: {named}{why}; nothing was changed",
    )


def _describe(model: Model) -> dict[str, object]:
    return {
        "serving": sorted(model.engines),
        "quarantined": {str(n): q.reason for n, q in model.quarantine.items()},
        "labels": model.labels,
        "traffic": model.traffic.to_json(),
    }
