"""Prepare records once as a TensorFlow Datasets dataset and read them back with `tf.data`.

`data/prepared/<key>/<version>/` holds sharded TFRecords with splits, features and counts. The key
is a hash of the source (`lines.content_key`): a changed file or setting makes a new dataset, and an
unchanged source is parsed only once. Records keep the order of the source.
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

# How to get examples for a split that may be carved out of train.
_MORE = (
    ": add rows, give the split its own file (data.files.{split}), or raise its share"
    " (data.split.{split})"
)


class Prepared(tfds.core.GeneratorBasedBuilder):
    """A TFDS builder over the readers of this package; its config name is the content key."""

    VERSION = tfds.core.Version("1.0.2")  # raise it when a loader reads the same file differently
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
            disable_shuffling=True,  # scoring compares predictions with the source, in its order
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
        # The readers' counts are complete only now; TFDS writes them after the last split.
        self.info.metadata.update(self._metadata())


def prepare(
    folder: Path,
    key: str,
    features: tfds.features.FeaturesDict,
    splits: Splits,
    metadata: Callable[[], dict[str, Any]],
) -> Prepared:
    """Return the dataset with this key below `folder`; write it first if it does not exist.

    TFDS writes to a temporary folder and renames it, so an interrupted preparation leaves no
    partial dataset.

    Args:
        folder: `data/prepared`.
        key: Hash of everything that the content depends on.
        features: Features of one record.
        splits: Maps each split name to a reader of its records.
        metadata: Called after all records are read; returns JSON values stored with the dataset.

    Raises:
        InputError: A split has no examples.
    """
    builder = Prepared(
        features,
        splits,
        metadata,
        data_dir=str(folder.parent),
        config=tfds.core.BuilderConfig(name=key),
    )
    tfds.disable_progress_bar()
    with contextlib.redirect_stdout(io.StringIO()):  # TFDS prints about downloads; there are none
        builder.download_and_prepare(download_dir=str(folder / "downloads"))
    return builder


def examples(builder: Prepared, split: str) -> tf.data.Dataset:
    """Return the records of a split as tensors, in the order of the source."""
    if split not in builder.info.splits:
        known = ", ".join(builder.info.splits)
        raise InputError(f"split {split}: not in this data; it has {known}")
    config = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    return builder.as_dataset(split=split, shuffle_files=False, read_config=config)


def records(builder: Prepared, split: str) -> Iterator[dict[str, Any]]:
    """Yield the records of a split as plain Python values, in the order of the source."""
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
