"""Convert texts to model inputs: token ids for the encoder, n-gram ids for the linear part."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.errors import InputError
from pipeline.task import Vocabularies
from pipeline.tasks.text_classification.records import TextRecord
from pipeline.tasks.text_classification.settings import (
    NgramSettings,
    TextClassificationSettings,
    TokenizerSettings,
)
from pipeline.text import tokens
from pipeline.text.ngrams import hashed_ngrams
from pipeline.text.row_ids import row_ids
from pipeline.text.subwords import Subwords, is_byte, train_subwords
from pipeline.text.vocabulary import UNKNOWN_ID, Vocabulary, list_terms

SEPARATORS = r"[\s\p{Z}\p{Cc}\p{Cf}]+"  # the same as between tokens (`pipeline.text.tokens`)


class TextTokenizer(tf.Module):
    """Converts strings [batch] to token ids and n-gram ids, in the same way for all uses.

    Args:
        settings: How texts are tokenized and normalized.
        ngrams: Which n-grams are hashed; None if the model has no linear part.
        vocabulary: `Subwords`, or a `Vocabulary` of words or characters; None if the model has no
            encoder.
    """

    def __init__(
        self, settings: TokenizerSettings, ngrams: NgramSettings | None, vocabulary: Any
    ) -> None:
        super().__init__(name="tokenizer")
        self.settings, self.ngrams, self.vocabulary = settings, ngrams, vocabulary

    def __call__(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return int32 token ids [batch, tokens] and n-gram ids [batch, ngrams].

        Both are padded with 0 and have at least one column.
        """
        features = self.features(text)
        return pad(features["tokens"]), pad(features["ngrams"])

    def features(self, text: tf.Tensor) -> dict[str, tf.RaggedTensor]:
        """Return the ids before padding: int32 ragged `tokens` and `ngrams`."""
        empty = tf.RaggedTensor.from_row_lengths(
            tf.zeros([0], tf.int32), tf.zeros([tf.size(text)], tf.int64)
        )
        return {
            "tokens": empty if self.vocabulary is None else self.truncate(self.ids(text)),
            "ngrams": empty if self.ngrams is None else self._ngram_ids(text, self.ngrams),
        }

    def ids(self, text: tf.Tensor) -> tf.RaggedTensor:
        """Return the int32 ids of all tokens, before truncation."""
        if self.settings.kind == "subwords":
            return self.vocabulary.tokenize(tokens.fold(text, self.settings.lower))
        surface = _surface(text, self.settings.kind)
        return self.vocabulary.ids(_normalized(surface, self.settings.lower))

    def is_truncated(self, text: tf.Tensor) -> tf.Tensor:
        """Return whether each text has more tokens than the encoder reads; bool [batch]."""
        if self.vocabulary is None:
            return tf.zeros([tf.size(text)], tf.bool)
        return self.ids(text).row_lengths() > self.settings.max_tokens

    def truncate(self, rows: tf.RaggedTensor) -> tf.RaggedTensor:
        """Return the part of each row that the encoder reads: its first and last tokens.

        Rows of at most `max_tokens` stay whole.
        """
        last = self.settings.max_tokens // 2
        first = self.settings.max_tokens - last
        lengths = rows.row_lengths()
        positions = tf.ragged.range(lengths)
        length = tf.gather(lengths, row_ids(positions))
        position = positions.flat_values
        keep = (
            (length <= self.settings.max_tokens) | (position < first) | (position >= length - last)
        )
        return tf.ragged.boolean_mask(rows, rows.with_flat_values(keep))

    def token_offsets(self, text: tf.Tensor) -> list[list[tuple[int, int]]]:
        """Return (start, end) of each token that the encoder reads, as code points of the text.

        Offsets of subwords are computed from the length of each normalized character. They may be
        off by one after a combining mark that normalization composes with its letter.
        """
        if self.settings.kind == "words":
            tokenized = tokens.tokenize(text)
            starts, ends = tokenized.starts, tokenized.ends
        elif self.settings.kind == "characters":
            starts = tf.ragged.range(tf.strings.length(text, unit="UTF8_CHAR"))
            ends = starts + 1
        else:
            starts, ends = self._subword_offsets(text)
        columns = (self.truncate(starts).to_list(), self.truncate(ends).to_list())
        return [list(zip(*row, strict=True)) for row in zip(*columns, strict=True)]

    def ngram_names(self, text: tf.Tensor) -> list[dict[int, str]]:
        """Return, for each text, the name of each n-gram id: the first n-gram with that id."""
        if self.ngrams is None:
            return [{} for _ in text]
        words = _normalized(_surface(text, "words"), self.settings.lower)
        if not self.ngrams.across_words:
            return [_names(row, self.ngrams) for row in words]
        words_only = self.ngrams.model_copy(update={"characters": (0, 0)})
        lines = self._normalized_lines(text)
        return [
            {**_names_across(line, self.ngrams), **_names(row, words_only)}
            for row, line in zip(words, lines, strict=True)
        ]

    def _ngram_ids(self, text: tf.Tensor, ngrams: NgramSettings) -> tf.RaggedTensor:
        words = _normalized(_surface(text, "words"), self.settings.lower)
        if not ngrams.across_words:
            return _hash(words, ngrams)
        of_words = hashed_ngrams(
            words, words=ngrams.words, characters=(0, 0), buckets=ngrams.buckets
        )
        return tf.concat([of_words, _hash_across(self._normalized_lines(text), ngrams)], axis=1)

    def _normalized_lines(self, text: tf.Tensor) -> tf.Tensor:
        """Return normalized texts, with each run of white space or controls as one space."""
        normalized = tokens.fold(text, self.settings.lower)
        return tf.strings.strip(tf.strings.regex_replace(normalized, SEPARATORS, " "))

    def _subword_offsets(self, text: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        subwords = self.vocabulary.tokenize_with_offsets(tokens.fold(text, self.settings.lower))
        characters = _normalized(_surface(text, "characters"), self.settings.lower)
        lengths = characters.with_flat_values(
            tf.strings.length(characters.flat_values, unit="UTF8_CHAR")
        )
        offsets: tuple[list[Any], list[Any]] = ([], [])
        for row, sizes in enumerate(lengths.to_list()):
            bounds = np.cumsum([0, *sizes])  # of each original character in the normalized text
            starts = np.searchsorted(bounds, subwords.starts[row].numpy(), "right") - 1
            ends = np.searchsorted(bounds, subwords.ends[row].numpy(), "left")
            offsets[0].append(np.minimum(starts, len(sizes)).tolist())
            offsets[1].append(np.clip(ends, starts, len(sizes)).tolist())
        starts, ends = (tf.ragged.constant(column, tf.int32, ragged_rank=1) for column in offsets)
        return starts, ends


def build_tokenizer(settings: TextClassificationSettings, folder: Path) -> TextTokenizer:
    """Build the tokenizer from `pieces.model` or `pieces.txt` in a folder of vocabularies."""
    vocabulary: Any = None
    if settings.model.encoders:
        subwords = settings.tokenizer.kind == "subwords"
        vocabulary = (
            Subwords(folder / "pieces.model") if subwords else Vocabulary(folder / "pieces.txt")
        )
    ngrams = settings.ngrams if settings.model.ngrams else None
    return TextTokenizer(settings.tokenizer, ngrams, vocabulary)


def learn(settings: TextClassificationSettings, records: Iterable[TextRecord]) -> Vocabularies:
    """Return the labels in sorted order and, if there is an encoder, its token vocabulary.

    Raises:
        InputError: There are fewer than two labels.
    """
    labels: set[str] = set()

    def texts() -> Iterator[str]:
        for record in records:
            labels.update(record["labels"])
            yield record["text"]

    vocabularies: dict[str, Any] = {}
    if settings.model.encoders:
        vocabularies["pieces"] = _learn_pieces(settings.tokenizer, texts())
    else:
        for _ in texts():  # collects the labels
            pass
    if len(labels) < 2:
        names = ", ".join(sorted(labels)) or "none"
        raise InputError(f"train: labels: {names}; expected at least two different labels")
    return {**vocabularies, "labels": sorted(labels)}


def count_tokens(tokenizer: TextTokenizer, texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the number of tokens of each text, and of those that are not in the vocabulary.

    Unknown subwords are the bytes of characters that are not in the vocabulary. Without a
    vocabulary, tokens are words, and none is unknown.
    """
    text = tokens.clean(tf.constant(texts, tf.string))
    if tokenizer.vocabulary is None:
        ids = _surface(text, "words")
        unknown = tf.zeros([len(texts)], tf.int32)
    else:
        ids = tokenizer.ids(text)
        subwords = tokenizer.settings.kind == "subwords"
        flat = is_byte(ids.flat_values) if subwords else ids.flat_values == UNKNOWN_ID
        unknown = tf.reduce_sum(tf.cast(ids.with_flat_values(flat), tf.int32), axis=1)
    return list(zip(ids.row_lengths().numpy().tolist(), unknown.numpy().tolist(), strict=True))


def pad(rows: tf.RaggedTensor) -> tf.Tensor:
    """Pad rows with 0 to the longest row, and to at least one column."""
    width = tf.maximum(tf.reduce_max(tf.concat([rows.row_lengths(), [0]], axis=0)), 1)
    return rows.to_tensor(0, shape=tf.stack([rows.nrows(), width]))


def _surface(text: tf.Tensor, kind: str) -> tf.RaggedTensor:
    if kind == "characters":
        return tf.strings.unicode_split(text, "UTF-8")
    return tokens.tokenize(text).surface


def _normalized(surface: tf.RaggedTensor, lower: bool) -> tf.RaggedTensor:
    return surface.with_flat_values(tokens.fold(surface.flat_values, lower))


def _hash(words: tf.RaggedTensor, ngrams: NgramSettings) -> tf.RaggedTensor:
    return hashed_ngrams(
        words, words=ngrams.words, characters=ngrams.characters, buckets=ngrams.buckets
    )


def _hash_across(lines: tf.Tensor, ngrams: NgramSettings, distinct: bool = True) -> tf.RaggedTensor:
    """Return the ids of character n-grams across words: each line is hashed as one long word."""
    rows = tf.RaggedTensor.from_tensor(lines[:, None])
    return hashed_ngrams(
        rows, words=0, characters=ngrams.characters, buckets=ngrams.buckets, binary=distinct
    )


def _names_across(line: tf.Tensor, ngrams: NgramSettings) -> dict[int, str]:
    """Return names of the character n-grams of a line by id; … shows where the text continues."""
    marked = ["", *line.numpy().decode("utf-8"), ""]  # with the marks of its start and end
    names: dict[int, str] = {}
    ids = iter(_hash_across(line[None], ngrams, distinct=False)[0].numpy().tolist())
    shortest, longest = ngrams.characters
    for size in range(shortest, longest + 1) if longest else ():
        skipped = size == 1  # a mark alone is not an n-gram
        for start in range(skipped, len(marked) - size + 1 - skipped):
            end = start + size
            before, after = "…" * (start > 0), "…" * (end < len(marked))
            names.setdefault(next(ids), f"{before}{''.join(marked[start:end])}{after}")
    return names


def _names(row: tf.Tensor, ngrams: NgramSettings) -> dict[int, str]:
    """Return names of the n-grams of one text by id.

    A word n-gram is named by its words, a character n-gram by its whole word between dots: …word….
    """
    words = [word.decode("utf-8") for word in row.numpy()]
    single_words = tf.RaggedTensor.from_tensor(row[:, None])
    names: dict[int, str] = {}
    for size in range(1, ngrams.words + 1):
        of_size = ngrams.model_copy(update={"words": size, "characters": (0, 0)})
        for start in range(len(words) - size + 1):
            ngram = tf.RaggedTensor.from_tensor(row[None, start : start + size])
            name = " ".join(words[start : start + size])
            names.setdefault(int(_hash(ngram, of_size).flat_values[-1]), name)
    if ngrams.characters[1]:
        characters_only = ngrams.model_copy(update={"words": 0})
        for word, ids in zip(words, _hash(single_words, characters_only).to_list(), strict=True):
            for ngram_id in ids:
                names.setdefault(ngram_id, f"…{word}…")
    return names


def _learn_pieces(settings: TokenizerSettings, texts: Iterator[str]) -> bytes | list[str]:
    if settings.kind == "subwords":
        normalized = normalized_texts(settings, texts)
        return train_subwords(normalized, settings.vocabulary_size, settings.subword_model)
    terms = list_terms(count_terms(settings, texts), settings.min_count)
    return terms[: settings.vocabulary_size]


def count_terms(settings: TokenizerSettings, texts: Iterator[str]) -> Counter[str]:
    """Count each normalized word or character of the texts."""
    counts: Counter[str] = Counter()
    for group in _groups(texts):
        surface = _surface(tokens.clean(tf.constant(group, tf.string)), settings.kind)
        terms = _normalized(surface, settings.lower).flat_values.numpy()
        counts.update(term.decode("utf-8") for term in terms)
    # A vocabulary file has one term per line, so line breaks are left out and become `<unk>`.
    return Counter({term: count for term, count in counts.items() if not set(term) & {"\n", "\r"}})


def normalized_texts(settings: TokenizerSettings, texts: Iterator[str]) -> Iterator[str]:
    """Yield normalized texts, as the training of subwords reads them."""
    for group in _groups(texts):
        text = tokens.fold(tokens.clean(tf.constant(group, tf.string)), settings.lower)
        yield from (line.decode("utf-8") for line in text.numpy())


def _groups(texts: Iterator[str], size: int = 512) -> Iterator[list[str]]:
    while group := list(itertools.islice(texts, size)):
        yield group
