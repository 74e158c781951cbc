"""Strings to ids and back, by a table that travels inside the SavedModel as a text file."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from pipeline.errors import InputError

PAD, UNKNOWN = "<pad>", "<unk>"
PAD_ID, UNKNOWN_ID = 0, 1


class Vocabulary(tf.Module):
    """A table from terms to ids: `<pad>` 0, `<unk>` 1, then the terms in order.

    Args:
        file: A text file with one term a line, as `list_terms` orders and `write_terms` writes
            them; it becomes an asset of the SavedModel, where anyone can read it.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(name=file.stem)
        self.asset = tf.saved_model.Asset(str(file))
        self.table = tf.lookup.StaticHashTable(
            _TermFile(
                file,
                self.asset.asset_path,
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            default_value=UNKNOWN_ID,
        )

    def ids(self, terms: tf.RaggedTensor | tf.Tensor) -> tf.RaggedTensor | tf.Tensor:
        """int32 ids of strings of any shape, dense or ragged; `<unk>` for what is not listed."""
        return tf.ragged.map_flat_values(self._lookup, terms)

    def _lookup(self, terms: tf.Tensor) -> tf.Tensor:
        return tf.cast(self.table.lookup(terms), tf.int32)


class _TermFile(tf.lookup.TextFileInitializer):
    """TensorFlow's reader of text files, naming its table by content.

    TensorFlow would name the table by the file's path, and that name is saved: a published graph
    would carry a path of the machine that it was trained on.
    """

    def __init__(self, file: Path, *arguments: Any) -> None:
        self._content = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        super().__init__(*arguments)

    @property
    def _shared_name(self) -> str:
        return f"vocabulary_{self._content}"


def list_terms(counts: Counter[str], minimum: int = 1) -> list[str]:
    """The terms seen at least `minimum` times, most frequent first, ties in code point order."""
    kept = [term for term, count in counts.items() if count >= minimum and term]
    return [PAD, UNKNOWN, *sorted(kept, key=lambda term: (-counts[term], term))]


def grown(old: Sequence[str], found: Iterable[str]) -> list[str]:
    """The old terms with their ids kept, then those found that are not among them, in order."""
    known = set(old)
    return [*old, *(term for term in dict.fromkeys(found) if term not in known)]


def write_terms(file: Path, terms: Iterable[str]) -> None:
    """One term a line, LF, UTF-8.

    Raises:
        InputError: A term holds a line break, so that the file would not read back.
    """
    terms = list(terms)
    for term in terms:
        if "\n" in term or "\r" in term:
            raise InputError(f"{file}: the term {term!r} holds a line break; expected none")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{term}\n" for term in terms), encoding="utf-8", newline="\n")


def read_terms(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split("\n")[:-1]
