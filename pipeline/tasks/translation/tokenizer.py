"""Convert texts to ids and back: segments to translate, training pairs, protected items."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.config import data_path
from pipeline.task import Vocabularies
from pipeline.tasks.translation.records import PairRecord
from pipeline.tasks.translation.settings import (
    BOTH,
    GLOSSARY,
    SOURCE,
    TARGET,
    TokenizerSettings,
    TranslationSettings,
)
from pipeline.text import sentences, tokens
from pipeline.text.glossary import Glossary, parse_terms, read_glossary
from pipeline.text.protect import (
    PLACEHOLDERS,
    Restored,
    protect,
    protect_pair,
    restore,
    without_placeholders,
)
from pipeline.text.row_ids import row_ids
from pipeline.text.subwords import Subwords, is_byte, train_subwords
from pipeline.text.vocabulary import read_terms

NO_TERMS: Mapping[str, str] = {}
UNSPACED = ("zh", "ja", "th")  # languages without a space between sentences


class Segments(NamedTuple):
    """The segments of a batch of texts.

    `ids` int32 ragged [segments, tokens], in order, none empty; `rows` int64 [segments], the text
    of each segment; `given` ragged [batch, placeholders], the protected items of the source, and
    `values`, their form in the translation; `cut` bool [batch], whether a sentence was too long and
    is translated in parts.
    """

    ids: tf.RaggedTensor
    rows: tf.Tensor
    given: tf.RaggedTensor
    values: tf.RaggedTensor
    cut: tf.Tensor


class PairTokenizer(tf.Module):
    """Converts texts to segments of ids, and ids of segments back to texts.

    Args:
        settings: The tokenizer settings.
        source, target: The subwords of each language; the same object if they are joint.
        spaced: Whether the target language has a space between sentences.
        glossary: Terms with a given translation.
    """

    def __init__(
        self,
        settings: TokenizerSettings,
        source: Subwords,
        target: Subwords,
        spaced: bool,
        glossary: Mapping[str, str] = NO_TERMS,
    ) -> None:
        super().__init__(name="tokenizer")
        self.settings, self.spaced = settings, spaced
        self.source, self.target = source, target
        self.glossary = Glossary(glossary)

    def segments(self, text: tf.Tensor) -> Segments:
        """Divide texts [batch], any bytes, into segments."""
        # Sentences also end in full-width marks, which normalization replaces.
        line, values = self._masked(text)
        most = self.settings.max_tokens
        too_long = self.source.tokenize(_normal(line)).row_lengths() > most
        parts = sentences.split_sentences(line, too_long)
        ids = sentences.split_chunks(self.source.tokenize(_normal(parts.flat_values)), most)
        pieces = ids.row_lengths()
        rows = tf.repeat(row_ids(parts), pieces)
        cut = tf.math.unsorted_segment_max(
            tf.cast(pieces > 1, tf.int32), row_ids(parts), tf.size(text)
        )
        translated = values.with_flat_values(self.glossary.translate(values.flat_values))
        return Segments(ids.values, rows, values, translated, cut > 0)

    def pairs(
        self, source: tf.Tensor, target: tf.Tensor, with_terms: tf.Tensor | None = None
    ) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Return both sides [batch] of training pairs as ids, int32 ragged [batch, tokens].

        `with_terms`, bool [batch], selects the pairs that use the glossary; None for all.
        """
        source, target = (sentences.one_line(tokens.clean(side)) for side in (source, target))
        sides = (without_placeholders(source), without_placeholders(target))
        if self.settings.protect:
            sides = protect_pair(*sides, self.glossary.patterns, with_terms)
        source, target = sides
        return self.source.tokenize(_normal(source)), self.target.tokenize(target)

    def texts(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Return ids of segments as strings [segments], with placeholders."""
        return self.target.detokenize(ids)

    def joined(self, texts: tf.Tensor, segments: Segments) -> Restored:
        """Join translations [segments] to one text per row, and restore protected items."""
        found = tf.RaggedTensor.from_value_rowids(
            tf.strings.strip(texts), segments.rows, segments.values.nrows(), validate=False
        )
        between = " " if self.spaced else ""
        return restore(tf.strings.reduce_join(found, axis=1, separator=between), segments.values)

    def shown(self, side: Subwords, ids: tf.RaggedTensor, values: tf.RaggedTensor) -> tf.Tensor:
        """Return pieces for a person, strings [batch, tokens], padded with "".

        `▁` is a space; a byte has a name such as `<0xE4>`.
        """
        own = tf.gather(values, row_ids(ids))
        names = restore(side.pieces(ids.flat_values), own).text
        return ids.with_flat_values(names).to_tensor("", shape=tf.shape(dense(ids)))

    def _masked(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.RaggedTensor]:
        line = sentences.one_line(tokens.clean(text))
        if self.settings.protect:
            return protect(line, self.glossary.source)
        line = without_placeholders(line)
        return line, tf.RaggedTensor.from_row_lengths(
            tf.constant([], tf.string), tf.zeros_like(line, tf.int64)
        )


def dense(ids: tf.RaggedTensor) -> Any:
    """Pad with 0 to the longest row, and to at least one token."""
    size = tf.maximum(tf.reduce_max(tf.concat([ids.row_lengths(), [0]], axis=0)), 1)
    return ids.to_tensor(0, shape=tf.stack([ids.nrows(), size]))


def build_tokenizer(settings: TranslationSettings, folder: Path) -> PairTokenizer:
    """Build the tokenizer over the piece files in a folder of vocabularies."""
    spaced = settings.data.languages.target not in UNSPACED
    listed = folder / f"{GLOSSARY}.txt"
    glossary = parse_terms(read_terms(listed)) if listed.exists() else NO_TERMS
    sides = (BOTH, BOTH) if settings.tokenizer.joint else (SOURCE, TARGET)
    pieces = {side: Subwords(folder / f"{side}.model") for side in dict.fromkeys(sides)}
    source, target = (pieces[side] for side in sides)
    return PairTokenizer(settings.tokenizer, source, target, spaced, glossary)


def learn(settings: TranslationSettings, records: Iterable[PairRecord]) -> Vocabularies:
    """Learn the pieces of both languages from training pairs, and read the glossary.

    Glossary terms stay in the texts, since other names consist of similar pieces.
    """
    listed = settings.data.glossary
    glossary = {GLOSSARY: read_glossary(data_path(listed))} if listed else {}
    return fit_pieces(settings.tokenizer, records) | glossary


def fit_pieces(settings: TokenizerSettings, records: Iterable[PairRecord]) -> dict[str, Any]:
    """Learn the pieces of both languages."""
    size, kind = settings.vocabulary_size, settings.subword_model
    return {
        name: train_subwords(texts, size, kind, PLACEHOLDERS)
        for name, texts in texts_of(settings, records).items()
    }


def texts_of(settings: TokenizerSettings, records: Iterable[PairRecord]) -> dict[str, list[str]]:
    """Return the texts that the pieces of each vocabulary are learnt from."""
    sources: list[str] = []
    targets: list[str] = []
    for group in groups(records):
        for side, lines in zip((sources, targets), _lines(settings, group), strict=True):
            side += [line.decode("utf-8") for line in lines.numpy()]
    return {BOTH: sources + targets} if settings.joint else {SOURCE: sources, TARGET: targets}


def count_tokens(tokenizer: PairTokenizer, texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the number of tokens of each source, and of those spelled as bytes."""
    line = _normal(sentences.one_line(tokens.clean(tf.constant(texts, tf.string))))
    ids = tokenizer.source.tokenize(line)
    in_bytes = ids.with_flat_values(is_byte(ids.flat_values, len(PLACEHOLDERS)))
    spelled = tf.reduce_sum(tf.cast(in_bytes, tf.int32), axis=1)
    return list(zip(ids.row_lengths().numpy().tolist(), spelled.numpy().tolist(), strict=True))


def _normal(line: tf.Tensor) -> tf.Tensor:
    return sentences.one_line(tokens.fold(line, lower=False))


def _lines(settings: TokenizerSettings, group: Sequence[PairRecord]) -> tuple[tf.Tensor, tf.Tensor]:
    source, target = (
        sentences.one_line(tokens.clean(tf.constant([record[side] for record in group])))
        for side in ("text", "target")
    )
    sides = (without_placeholders(source), without_placeholders(target))
    source, target = protect_pair(*sides) if settings.protect else sides
    return _normal(source), target


def groups(records: Iterable[PairRecord], size: int = 1_000) -> Iterator[list[PairRecord]]:
    """Yield the records in lists of at most `size`."""
    rest = iter(records)
    while group := list(itertools.islice(rest, size)):
        yield group
