"""Texts to the model's inputs: tokens for the encoder, hashed n-grams for the linear part."""

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

BLANK = r"[\s\p{Z}\p{Cc}\p{Cf}]+"  # what separates tokens (`pipeline.text.tokens`)


class TextTokenizer(tf.Module):
    """Strings [batch] to token ids and n-gram ids, the same in training and serving.

    Args:
        settings: How texts are cut and normalised.
        ngrams: What is hashed; None where the model has no linear part.
        vocabulary: `Subwords`, or a `Vocabulary` of words or characters; None where the model has
            no encoder.
    """

    def __init__(
        self, settings: TokenizerSettings, ngrams: NgramSettings | None, vocabulary: Any
    ) -> None:
        super().__init__(name="tokenizer")
        self.settings, self.ngrams, self.vocabulary = settings, ngrams, vocabulary

    def __call__(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """int32 tokens [batch, tokens] and n-grams [batch, ngrams], padded by 0 to at least one."""
        found = self.features(text)
        return dense(found["tokens"]), dense(found["ngrams"])

    def features(self, text: tf.Tensor) -> dict[str, tf.RaggedTensor]:
        """The same before padding: int32 ragged `tokens` and `ngrams`."""
        none = tf.RaggedTensor.from_row_lengths(
            tf.zeros([0], tf.int32), tf.zeros([tf.size(text)], tf.int64)
        )
        return {
            "tokens": none if self.vocabulary is None else self.kept(self.ids(text)),
            "ngrams": none if self.ngrams is None else self._bag(text, self.ngrams),
        }

    def ids(self, text: tf.Tensor) -> tf.RaggedTensor:
        """int32 ids of all tokens, however many."""
        if self.settings.kind == "subwords":
            return self.vocabulary.tokenize(tokens.fold(text, self.settings.lower))
        surface = _surface(text, self.settings.kind)
        return self.vocabulary.ids(_each(surface, self.settings.lower))

    def cut(self, text: tf.Tensor) -> tf.Tensor:
        """Whether each text has more tokens than the encoder reads; bool [batch]."""
        if self.vocabulary is None:
            return tf.zeros([tf.size(text)], tf.bool)
        return self.ids(text).row_lengths() > self.settings.max_tokens

    def kept(self, rows: tf.RaggedTensor) -> tf.RaggedTensor:
        """Of each row what the encoder reads: all, or of a long one its first and last tokens."""
        most = self.settings.max_tokens
        first = most - most // 2
        size = rows.row_lengths()
        place = tf.ragged.range(size)
        size = tf.gather(size, row_ids(place))
        place = place.flat_values
        kept = (size <= most) | (place < first) | (place >= size - most // 2)
        return tf.ragged.boolean_mask(rows, rows.with_flat_values(kept))

    def pieces(self, text: tf.Tensor) -> list[list[tuple[int, int]]]:
        """(start, end) of each token that the encoder reads, code points of the text.

        A piece of subwords is placed by the length of each character once normalised, so one that
        follows a mark which normalisation composes may be off by that mark.
        """
        if self.settings.kind == "words":
            found = tokens.tokenize(text)
            starts, ends = found.starts, found.ends
        elif self.settings.kind == "characters":
            starts = tf.ragged.range(tf.strings.length(text, unit="UTF8_CHAR"))
            ends = starts + 1
        else:
            starts, ends = self._subword_places(text)
        columns = (self.kept(starts).to_list(), self.kept(ends).to_list())
        return [list(zip(*row, strict=True)) for row in zip(*columns, strict=True)]

    def ngram_names(self, text: tf.Tensor) -> list[dict[int, str]]:
        """For each text, the ids of its n-grams to how the first n-gram of that id reads."""
        if self.ngrams is None:
            return [{} for _ in text]
        normal = _each(_surface(text, "words"), self.settings.lower)
        if not self.ngrams.across_words:
            return [_names(row, self.ngrams) for row in normal]
        words = self.ngrams.model_copy(update={"characters": (0, 0)})
        whole = self._whole(text)
        return [
            {**_names_across(line, self.ngrams), **_names(row, words)}
            for row, line in zip(normal, whole, strict=True)
        ]

    def _bag(self, text: tf.Tensor, ngrams: NgramSettings) -> tf.RaggedTensor:
        normal = _each(_surface(text, "words"), self.settings.lower)
        if not ngrams.across_words:
            return _hashed(normal, ngrams)
        words = hashed_ngrams(normal, words=ngrams.words, characters=(0, 0), buckets=ngrams.buckets)
        return tf.concat([words, _hashed_across(self._whole(text), ngrams)], axis=1)

    def _whole(self, text: tf.Tensor) -> tf.Tensor:
        """The normalised text with one space for any white space or control characters."""
        normal = tokens.fold(text, self.settings.lower)
        return tf.strings.strip(tf.strings.regex_replace(normal, BLANK, " "))

    def _subword_places(self, text: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        found = self.vocabulary.tokenize_with_offsets(tokens.fold(text, self.settings.lower))
        characters = _each(_surface(text, "characters"), self.settings.lower)
        sizes = characters.with_flat_values(
            tf.strings.length(characters.flat_values, unit="UTF8_CHAR")
        )
        places: tuple[list[Any], list[Any]] = ([], [])
        for row, size in enumerate(sizes.to_list()):
            bounds = np.cumsum([0, *size])
            starts = np.searchsorted(bounds, found.starts[row].numpy(), "right") - 1
            ends = np.searchsorted(bounds, found.ends[row].numpy(), "left")
            places[0].append(np.minimum(starts, len(size)).tolist())
            places[1].append(np.clip(ends, starts, len(size)).tolist())
        starts, ends = (tf.ragged.constant(column, tf.int32, ragged_rank=1) for column in places)
        return starts, ends


def build_tokenizer(settings: TextClassificationSettings, folder: Path) -> TextTokenizer:
    """The tokenizer over `pieces.model` or `pieces.txt` of a folder of vocabularies."""
    vocabulary: Any = None
    if settings.model.encoders:
        subwords = settings.tokenizer.kind == "subwords"
        vocabulary = (
            Subwords(folder / "pieces.model") if subwords else Vocabulary(folder / "pieces.txt")
        )
    ngrams = settings.ngrams if settings.model.ngrams else None
    return TextTokenizer(settings.tokenizer, ngrams, vocabulary)


def learn(settings: TextClassificationSettings, records: Iterable[TextRecord]) -> Vocabularies:
    """The labels in alphabetical order, and what the texts are cut into.

    Raises:
        InputError: There are fewer than two labels.
    """
    labels: set[str] = set()

    def texts() -> Iterator[str]:
        for record in records:
            labels.update(record["labels"])
            yield record["text"]

    found: dict[str, Any] = {}
    if not settings.model.encoders:
        for _ in texts():
            pass
    else:
        found["pieces"] = _learn(settings.tokenizer, texts())
    if len(labels) < 2:
        named = ", ".join(sorted(labels)) or "none"
        raise InputError(f"train: labels: {named}; expected at least two to tell apart")
    return {**found, "labels": sorted(labels)}


def count_tokens(tokenizer: TextTokenizer, texts: Sequence[str]) -> list[tuple[int, int]]:
    """Of each text, how many tokens it has, and how many of them the vocabulary does not know.

    Of subwords these are the bytes that spell a character which is no piece. Without a vocabulary
    tokens are words, and none is unknown.
    """
    text = tokens.clean(tf.constant(texts, tf.string))
    if tokenizer.vocabulary is None:
        ids = _surface(text, "words")
        unknown = tf.zeros([len(texts)], tf.int32)
    else:
        ids = tokenizer.ids(text)
        pieces = tokenizer.settings.kind == "subwords"
        flat = is_byte(ids.flat_values) if pieces else ids.flat_values == UNKNOWN_ID
        unknown = tf.reduce_sum(tf.cast(ids.with_flat_values(flat), tf.int32), axis=1)
    return list(zip(ids.row_lengths().numpy().tolist(), unknown.numpy().tolist(), strict=True))


def dense(rows: tf.RaggedTensor) -> tf.Tensor:
    """Padded by 0 to the longest row, and to one token where all are empty."""
    size = tf.maximum(tf.reduce_max(tf.concat([rows.row_lengths(), [0]], axis=0)), 1)
    return rows.to_tensor(0, shape=tf.stack([rows.nrows(), size]))


def _surface(text: tf.Tensor, kind: str) -> tf.RaggedTensor:
    if kind == "characters":
        return tf.strings.unicode_split(text, "UTF-8")
    return tokens.tokenize(text).surface


def _each(surface: tf.RaggedTensor, lower: bool) -> tf.RaggedTensor:
    return surface.with_flat_values(tokens.fold(surface.flat_values, lower))


def _hashed(normal: tf.RaggedTensor, ngrams: NgramSettings) -> tf.RaggedTensor:
    return hashed_ngrams(
        normal, words=ngrams.words, characters=ngrams.characters, buckets=ngrams.buckets
    )


def _hashed_across(whole: tf.Tensor, ngrams: NgramSettings, once: bool = True) -> tf.RaggedTensor:
    """Of characters alone; the whole text stands for one long word."""
    lines = tf.RaggedTensor.from_tensor(whole[:, None])
    return hashed_ngrams(
        lines, words=0, characters=ngrams.characters, buckets=ngrams.buckets, binary=once
    )


def _names_across(whole: tf.Tensor, ngrams: NgramSettings) -> dict[int, str]:
    """Ids of the character n-grams of one text to how they read; … is where the text goes on."""
    marked = ["", *whole.numpy().decode("utf-8"), ""]  # the marks at its ends
    names: dict[int, str] = {}
    ids = iter(_hashed_across(whole[None], ngrams, once=False)[0].numpy().tolist())
    least, most = ngrams.characters
    for size in range(least, most + 1) if most else ():
        lone = size == 1  # a mark alone is no n-gram
        for start in range(lone, len(marked) - size + 1 - lone):
            end = start + size
            before, after = "…" * (start > 0), "…" * (end < len(marked))
            names.setdefault(next(ids), f"{before}{''.join(marked[start:end])}{after}")
    return names


def _names(row: tf.Tensor, ngrams: NgramSettings) -> dict[int, str]:
    """Ids of the n-grams of one text to their wording; those of characters stand in …dots…."""
    words = [word.decode("utf-8") for word in row.numpy()]
    alone = tf.RaggedTensor.from_tensor(row[:, None])
    names: dict[int, str] = {}
    for size in range(1, ngrams.words + 1):
        for start in range(len(words) - size + 1):
            cut = words[start : start + size]
            gram = tf.RaggedTensor.from_tensor(row[None, start : start + size])
            only = ngrams.model_copy(update={"words": size, "characters": (0, 0)})
            names.setdefault(int(_hashed(gram, only).flat_values[-1]), " ".join(cut))
    if ngrams.characters[1]:
        only = ngrams.model_copy(update={"words": 0})
        for word, ids in zip(words, _hashed(alone, only).to_list(), strict=True):
            for number in ids:
                names.setdefault(number, f"…{word}…")
    return names


def _learn(settings: TokenizerSettings, texts: Iterator[str]) -> bytes | list[str]:
    if settings.kind == "subwords":
        normal = normal_texts(settings, texts)
        return train_subwords(normal, settings.vocabulary_size, settings.subword_model)
    return list_terms(counted_terms(settings, texts), settings.min_count)[
        : settings.vocabulary_size
    ]


def counted_terms(settings: TokenizerSettings, texts: Iterator[str]) -> Counter[str]:
    """How often each word or character stands in texts."""
    counts: Counter[str] = Counter()
    for group in _groups(texts):
        surface = _surface(tokens.clean(tf.constant(group, tf.string)), settings.kind)
        terms = _each(surface, settings.lower).flat_values.numpy()
        counts.update(term.decode("utf-8") for term in terms)
    # A vocabulary is a file with a term a line, so a line break is `<unk>`.
    return Counter({term: n for term, n in counts.items() if not set(term) & {"\n", "\r"}})


def normal_texts(settings: TokenizerSettings, texts: Iterator[str]) -> Iterator[str]:
    """Texts as subwords are learnt from them."""
    for group in _groups(texts):
        text = tokens.fold(tokens.clean(tf.constant(group, tf.string)), settings.lower)
        yield from (line.decode("utf-8") for line in text.numpy())


def _groups(texts: Iterator[str], size: int = 512) -> Iterator[list[str]]:
    while group := list(itertools.islice(texts, size)):
        yield group
