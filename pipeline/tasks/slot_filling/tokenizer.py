"""Texts to the model's inputs, and gold spans to its targets; vocabularies from training data."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from pipeline.datasets.batches import Encoder, Rows
from pipeline.errors import InputError
from pipeline.task import Vocabularies
from pipeline.tasks.slot_filling.augmentation import Rates, collect, redraw
from pipeline.tasks.slot_filling.model import count_words
from pipeline.tasks.slot_filling.records import UtteranceRecord
from pipeline.tasks.slot_filling.settings import FEED_TAGS_BACK, GOLD_TAGS, SlotFillingSettings
from pipeline.tasks.slot_filling.submodel import NGRAM_BUCKETS, NGRAM_WORDS
from pipeline.text import tokens
from pipeline.text.ngrams import hashed_ngrams
from pipeline.text.tokens import Tokens
from pipeline.text.vocabulary import PAD_ID, UNKNOWN_ID, Vocabulary, list_terms


class Inputs(NamedTuple):
    """A tokenised batch: the tokens, and the model's inputs padded to at least one token.

    `features`: int32 `words` and `shapes` [batch, tokens], `characters` [batch, tokens, characters
    of the longest word], `ngrams` [batch, ngrams].
    """

    tokens: Tokens
    features: Rows


class SlotTokenizer(tf.Module):
    """Strings [batch] to `Inputs`, the same in training and serving."""

    def __init__(self, words: Vocabulary, characters: Vocabulary, max_characters: int) -> None:
        super().__init__(name="tokenizer")
        self.words = words
        self.characters = characters
        self.max_characters = max_characters

    def __call__(self, text: tf.Tensor) -> Inputs:
        found = tokens.tokenize(text)
        return Inputs(found, pad(self.features(found.surface)))

    def features(self, surface: tf.RaggedTensor) -> Rows:
        """Ids of tokens as typed, [batch, tokens].

        Returns:
            int32 ragged `words` and `shapes` [batch, tokens], and `characters`
            [batch, tokens, characters], padded to `max_characters`.
        """
        normal = tokens.normalize(surface)
        letters = self.characters.ids(tokens.characters(normal, self.max_characters))
        padded = letters.values.to_tensor(PAD_ID, shape=[None, self.max_characters])
        return {
            "words": self.words.ids(normal),
            "characters": normal.with_flat_values(padded),
            "shapes": tokens.shapes(surface),
            "ngrams": hashed_ngrams(
                normal, words=NGRAM_WORDS, characters=(0, 0), buckets=NGRAM_BUCKETS
            ),
        }


def pad(rows: Rows) -> Rows:
    """What `SlotTokenizer.features` gives, as the model's inputs, of the least size that holds it.

    A batch of empty texts has no token at all; a recurrent layer needs one step, and a convolution
    one character.
    """
    words, characters = rows["words"], rows["characters"]
    letters = characters.flat_values
    used = tf.reduce_max(tf.reduce_sum(tf.cast(letters != PAD_ID, tf.int32), axis=1))
    letters = letters[:, : tf.maximum(used, 1)]
    size = tf.maximum(tf.reduce_max(words.row_lengths()), 1)
    shape = tf.stack([words.nrows(), size, tf.cast(tf.shape(letters)[1], tf.int64)])
    return {
        "words": words.to_tensor(PAD_ID, shape=shape[:2]),
        "characters": characters.with_flat_values(letters).to_tensor(PAD_ID, shape=shape),
        "shapes": rows["shapes"].to_tensor(PAD_ID, shape=shape[:2]),
        "ngrams": _dense(rows["ngrams"]),
    }


def _dense(rows: tf.RaggedTensor) -> tf.Tensor:
    size = tf.maximum(tf.reduce_max(rows.row_lengths()), 1)
    return rows.to_tensor(PAD_ID, shape=tf.stack([rows.nrows(), size]))


def build_tokenizer(settings: SlotFillingSettings, folder: Path) -> SlotTokenizer:
    """The tokenizer over `words.txt` and `characters.txt` of a folder of vocabularies."""
    words, characters = (Vocabulary(folder / f"{name}.txt") for name in ("words", "characters"))
    return SlotTokenizer(words, characters, settings.tokenizer.max_characters)


def learn(settings: SlotFillingSettings, records: Iterable[UtteranceRecord]) -> Vocabularies:
    """Words and characters seen in training, and the slots and intents in alphabetical order.

    Raises:
        InputError: No example has a slot.
    """
    found = vocabularies_of(settings, records)
    if not found["slots"]:
        raise InputError("train: no slot in any example; expected annotated spans")
    return found


def vocabularies_of(
    settings: SlotFillingSettings, records: Iterable[UtteranceRecord]
) -> Vocabularies:
    """What `fit` gives, of records that may have no slot."""
    words: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    slots: set[str] = set()
    intents: set[str] = set()
    for group in _groups(iter(records), 512):
        for word in _normal_tokens([record["text"] for record in group]):
            words[word] += 1
            characters.update(word)
        slots.update(slot for record in group for slot in record["slots"]["slot"])
        intents.update(record["intent"] for record in group)
    return {
        "words": list_terms(words, settings.tokenizer.min_count),
        "characters": list_terms(characters),
        "slots": sorted(slots),
        "intents": sorted(intents),
    }


def count_training_words(
    tokenizer: SlotTokenizer,
    model: keras.Model,
    vocabularies: Vocabularies,
    records: Iterable[UtteranceRecord],
) -> None:
    """Set how often each word of the vocabulary occurs in the texts of `records`."""
    counts = np.zeros(len(vocabularies["words"]), "float32")
    for group in _groups(iter(records), 512):
        words = tokenizer(tf.constant([record["text"] for record in group])).features["words"]
        counts += np.bincount(np.ravel(words), minlength=len(counts))
    count_words(model, counts)


def build_encoder(
    settings: SlotFillingSettings,
    tokenizer: SlotTokenizer,
    vocabularies: Vocabularies,
    records: Iterable[UtteranceRecord],
) -> Encoder:
    """From records to what `model.fit` takes.

    Gold spans are laid over our tokens by offset: a token belongs to a span if they share a
    character; padding is -1. Some values are redrawn from those of `records`. An intent that
    training does not know weighs 0.
    """
    slot_ids = _label_table(vocabularies["slots"])
    intent_ids = _label_table(vocabularies["intents"])
    train = settings.train
    rates = Rates(
        redrawn=train.redrawn_values,
        blended=train.blended_values,
        borrowed=train.borrowed_values,
        masked=train.masked_values,
        masked_context=train.masked_context,
    )
    data = settings.data
    values = collect(
        records, vocabularies["slots"], vocabularies["intents"], data.roles, data.names
    )

    def encode(batch: Rows, seed: tf.Tensor) -> Rows:
        found = tokens.tokenize(batch["text"])
        slots = batch["slots"]
        # Padding spans are [0, 0), so they share a character with no token.
        tags = project(found, slots["start"], slots["end"], slot_ids.lookup(slots["slot"]))
        intents = intent_ids.lookup(batch["intent"])
        known = tf.maximum(intents, 0)
        surface, tags = redraw(found.surface, tags, known, values, rates, seed)
        return {
            "length": tf.cast(surface.row_lengths(), tf.int32),
            **tokenizer.features(surface),
            "tags": tags,
            "intent": intents,
        }

    feeds_tags_back = settings.model.encoder in FEED_TAGS_BACK
    return Encoder(encode, functools.partial(_to_fit, feeds_tags_back))


def _to_fit(with_gold_tags: bool, rows: Rows) -> tuple[Rows, Rows, Rows]:
    """Encoded rows as inputs, targets and weights; with the gold tags among the inputs."""
    inputs = pad(rows)
    intent = rows["intent"]
    known = tf.cast(intent >= 0, tf.float32)
    targets = {
        "member_tags": rows["tags"].to_tensor(-1, shape=tf.shape(inputs["words"], tf.int64)),
        "member_intents": tf.maximum(intent, 0),
    }
    weights = {"member_tags": tf.ones_like(known), "member_intents": known}
    if with_gold_tags:
        inputs[GOLD_TAGS] = targets["member_tags"]
    return inputs, targets, weights


def project(found: Tokens, starts: tf.Tensor, ends: tf.Tensor, slots: tf.Tensor) -> tf.RaggedTensor:
    """Spans to tag ids of our tokens.

    Args:
        found: The tokens of the batch.
        starts: int32 [batch, spans], code points.
        ends: int32 [batch, spans], exclusive.
        slots: int32 [batch, spans], slot ids; -1 for a slot that is not known, tagged `O`.

    Returns:
        int32 ragged [batch, tokens].
    """
    begin, end = found.starts.to_tensor(0), found.ends.to_tensor(0)
    inside = (begin[:, :, None] < ends[:, None, :]) & (end[:, :, None] > starts[:, None, :])
    inside &= (slots >= 0)[:, None, :]
    before = tf.pad(inside[:, :-1, :], [[0, 0], [1, 0], [0, 0]])
    tag = 1 + 2 * slots[:, None, :] + tf.cast(before, tf.int32)
    best = tf.reduce_max(tf.pad(tf.where(inside, tag, 0), [[0, 0], [0, 0], [0, 1]]), axis=-1)
    return tf.RaggedTensor.from_tensor(best, found.starts.row_lengths())


def count_tokens(tokenizer: SlotTokenizer, texts: Sequence[str]) -> list[tuple[int, int]]:
    """Of each text, how many tokens it has, and how many of them the vocabulary does not know."""
    found, features = tokenizer(tf.constant(texts, tf.string))
    unknown = tf.reduce_sum(tf.cast(features["words"] == UNKNOWN_ID, tf.int32), axis=1)
    lengths = found.starts.row_lengths().numpy().tolist()
    return list(zip(lengths, unknown.numpy().tolist(), strict=True))


def _label_table(labels: Sequence[str]) -> tf.lookup.StaticHashTable:
    ids = tf.range(len(labels), dtype=tf.int32)
    entries = tf.lookup.KeyValueTensorInitializer(tf.constant(labels, tf.string), ids)
    return tf.lookup.StaticHashTable(entries, default_value=-1)


def _normal_tokens(texts: Sequence[str]) -> list[str]:
    found = tokens.normalize(tokens.tokenize(tf.constant(texts, tf.string)).surface)
    return [token.decode("utf-8") for token in found.flat_values.numpy()]


def _groups(records: Iterator[UtteranceRecord], size: int) -> Iterator[list[UtteranceRecord]]:
    while group := list(itertools.islice(records, size)):
        yield group
