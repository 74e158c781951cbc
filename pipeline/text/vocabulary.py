"""Vocabularies: a lookup table from strings to ids, stored in the SavedModel as a text file."""

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
    """A lookup table from terms to ids: `<pad>` 0, `<unk>` 1, then the terms in order.

    Args:
        file: A text file with one term per line, ordered by `list_terms` and written by
            `write_terms`. It becomes a readable asset of the SavedModel.
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
        """Return int32 ids of strings of any shape, dense or ragged; `<unk>` for unlisted terms."""
        return tf.ragged.map_flat_values(self._lookup, terms)

    def _lookup(self, terms: tf.Tensor) -> tf.Tensor:
        return tf.cast(self.table.lookup(terms), tf.int32)


class _TermFile(tf.lookup.TextFileInitializer):
    """TensorFlow's text file initializer, with a table name from the content of the file.

    By default the table is named by the path of the file, and the name is saved: an exported graph
    would contain a path of the training machine.
    """

    def __init__(self, file: Path, *arguments: Any) -> None:
        self._content = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        super().__init__(*arguments)

    @property
    def _shared_name(self) -> str:
        return f"vocabulary_{self._content}"


def list_terms(counts: Counter[str], minimum: int = 1) -> list[str]:
    """List the terms with at least `minimum` occurrences by frequency, then by code points."""
    kept = [term for term, count in counts.items() if count >= minimum and term]
    return [PAD, UNKNOWN, *sorted(kept, key=lambda term: (-counts[term], term))]


def extend_terms(old: Sequence[str], new: Iterable[str]) -> list[str]:
    """Append the new terms that are not among the old ones, in order; old terms keep their ids."""
    known = set(old)
    return [*old, *(term for term in dict.fromkeys(new) if term not in known)]


def write_terms(file: Path, terms: Iterable[str]) -> None:
    """Write one term per line, in UTF-8 with LF line ends.

    Raises:
        InputError: A term contains a line break and could not be read back.
    """
    terms = list(terms)
    for term in terms:
        if "\n" in term or "\r" in term:
            raise InputError(f"{file}: the term {term!r} contains a line break; expected none")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{term}\n" for term in terms), encoding="utf-8", newline="\n")


def read_terms(file: Path) -> list[str]:
    """Read the terms of a file that `write_terms` wrote."""
    return file.read_text(encoding="utf-8").split("\n")[:-1]
