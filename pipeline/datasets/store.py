"""Records prepared once as a TensorFlow Datasets dataset, and read back with `tf.data`.

`data/prepared/<key>/<version>/` holds sharded TFRecords with splits, features and counts; the key
is the content of the source (`lines.content_key`), so a changed file or setting makes a new
dataset and an unchanged one is never read twice. Order on disk is the source's order.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_datasets as tfds

from pipeline.errors import InputError

Splits = Mapping[str, Callable[[], Iterable[Mapping[str, Any]]]]

# Where to get them, of a split that may be carved out of train.
_MORE = ": more rows, a file of its own (data.files.{split}) or a larger share (data.split.{split})"


class Prepared(tfds.core.GeneratorBasedBuilder):
    """A TFDS builder over our own readers; its config name is the content's key."""

    VERSION = tfds.core.Version("1.0.2")  # raised when a loader comes to read the same file anew
    name = "prepared"

    def __init__(
        self,
        features: tfds.features.FeaturesDict,
        splits: Splits,
        metadata: Callable[[], dict[str, Any]],
        **kwargs: Any,
    ) -> None:
        self._record_features = features
        self._splits = splits
        self._metadata = metadata
        super().__init__(**kwargs)

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            features=self._record_features,
            disable_shuffling=True,  # answers are scored beside the source, in its order
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        del dl_manager  # nothing is ever downloaded
        return {name: self._generate_examples(name, read) for name, read in self._splits.items()}

    def _generate_examples(
        self, split: str, read: Callable[[], Iterable[Mapping[str, Any]]]
    ) -> Iterator[tuple[int, Mapping[str, Any]]]:
        number = -1
        for number, record in enumerate(read()):
            yield number, record
        if number < 0:
            more = "" if split == "train" else _MORE.format(split=split)
            raise InputError(f"split {split}: no examples; expected at least one{more}")
        # What the readers counted is known only now; TFDS writes it after the last split.
        self.info.metadata.update(self._metadata())


def prepare(
    folder: Path,
    key: str,
    features: tfds.features.FeaturesDict,
    splits: Splits,
    metadata: Callable[[], dict[str, Any]],
) -> Prepared:
    """The dataset of that key below `folder`, written now if it is not there.

    TFDS writes aside and renames, so an interrupted preparation leaves nothing half done.

    Args:
        folder: `data/prepared`.
        key: What the content depends on.
        features: Of one record.
        splits: Split name to a reader of its records.
        metadata: Called once all records were read; JSON-ready facts kept with the dataset.

    Raises:
        InputError: A split has no example.
    """
    builder = Prepared(
        features,
        splits,
        metadata,
        data_dir=str(folder.parent),
        config=tfds.core.BuilderConfig(name=key),
    )
    tfds.disable_progress_bar()
    with contextlib.redirect_stdout(io.StringIO()):  # TFDS speaks of downloads; there is none
        builder.download_and_prepare(download_dir=str(folder / "downloads"))
    return builder


def examples(builder: Prepared, split: str) -> tf.data.Dataset:
    """The records of a split as tensors, in the source's order."""
    if split not in builder.info.splits:
        known = ", ".join(builder.info.splits)
        raise InputError(f"split {split}: not in this data; it has {known}")
    config = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    return builder.as_dataset(split=split, shuffle_files=False, read_config=config)


def records(builder: Prepared, split: str) -> Iterator[dict[str, Any]]:
    """The records of a split as plain Python values, in the source's order."""
    for example in examples(builder, split).as_numpy_iterator():
        yield _plain(example)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return _plain(value.tolist()) if hasattr(value, "tolist") else _list(value)


def _list(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, list) else value
