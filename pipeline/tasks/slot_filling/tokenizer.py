"""Convert texts to model inputs and gold spans to targets; learn the vocabularies."""

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
from pipeline.tasks.slot_filling.augmentation import Rates, augment, collect_values
from pipeline.tasks.slot_filling.model import set_word_counts
from pipeline.tasks.slot_filling.records import UtteranceRecord
from pipeline.tasks.slot_filling.settings import FEED_TAGS_BACK, GOLD_TAGS, SlotFillingSettings
from pipeline.tasks.slot_filling.submodel import NGRAM_BUCKETS, NGRAM_WORDS
from pipeline.text import tokens
from pipeline.text.ngrams import hashed_ngrams
from pipeline.text.tokens import Tokens
from pipeline.text.vocabulary import PAD_ID, UNKNOWN_ID, Vocabulary, list_terms


class SlotInputs(NamedTuple):
    """A tokenized batch.

    Attributes:
        tokens: The tokens of each text.
        features: The model's inputs, padded to at least one token: int32 `words` and `shapes`
            [batch, tokens], `characters` [batch, tokens, characters of the longest word], and
            `ngrams` [batch, ngrams].
    """

    tokens: Tokens
    features: Rows


class SlotTokenizer(tf.Module):
    """Converts strings [batch] to `SlotInputs`, in the same way for training and serving.

    Args:
        words: The vocabulary of normalized words.
        characters: The vocabulary of characters.
        max_characters: The number of characters that are kept of a word.
    """

    def __init__(self, words: Vocabulary, characters: Vocabulary, max_characters: int) -> None:
        super().__init__(name="tokenizer")
        self.words = words
        self.characters = characters
        self.max_characters = max_characters

    def __call__(self, text: tf.Tensor) -> SlotInputs:
        tokenized = tokens.tokenize(text)
        return SlotInputs(tokenized, pad(self.features(tokenized.surface)))

    def features(self, surface: tf.RaggedTensor) -> Rows:
        """Return the ids of tokens, given as typed, [batch, tokens].

        Returns:
            int32 ragged `words` and `shapes` [batch, tokens], `characters`
            [batch, tokens, characters], padded to `max_characters`, and `ngrams` [batch, ngrams].
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
    """Pad the output of `SlotTokenizer.features` to the smallest dense model inputs.

    There is at least one token and one character, even in a batch of empty texts: a recurrent layer
    needs one step, and a convolution needs one character.
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
    """Build the tokenizer from `words.txt` and `characters.txt` in a folder of vocabularies."""
    words, characters = (Vocabulary(folder / f"{name}.txt") for name in ("words", "characters"))
    return SlotTokenizer(words, characters, settings.tokenizer.max_characters)


def learn(settings: SlotFillingSettings, records: Iterable[UtteranceRecord]) -> Vocabularies:
    """Return the words and characters of training, and its slots and intents in sorted order.

    Raises:
        InputError: No example has a slot.
    """
    vocabularies = collect_vocabularies(settings, records)
    if not vocabularies["slots"]:
        raise InputError("train: no slot in any example; expected annotated spans")
    return vocabularies


def collect_vocabularies(
    settings: SlotFillingSettings, records: Iterable[UtteranceRecord]
) -> Vocabularies:
    """Return the vocabularies as `learn` does, also if no record has a slot."""
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
    """Count each word of the vocabulary in the texts of `records` and store it in the model."""
    counts = np.zeros(len(vocabularies["words"]), "float32")
    for group in _groups(iter(records), 512):
        words = tokenizer(tf.constant([record["text"] for record in group])).features["words"]
        counts += np.bincount(np.ravel(words), minlength=len(counts))
    set_word_counts(model, counts)


def build_encoder(
    settings: SlotFillingSettings,
    tokenizer: SlotTokenizer,
    vocabularies: Vocabularies,
    records: Iterable[UtteranceRecord],
) -> Encoder:
    """Return the encoder from records to inputs, targets and weights of `model.fit`.

    A token gets the tag of the gold span with which it shares a character; padding is -1.
    Augmentation replaces some values by others from `records`. An intent that is not in the
    vocabulary has weight 0.
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
    values = collect_values(
        records, vocabularies["slots"], vocabularies["intents"], data.roles, data.names
    )

    def encode(batch: Rows, seed: tf.Tensor) -> Rows:
        tokenized = tokens.tokenize(batch["text"])
        slots = batch["slots"]
        # Padding spans are [0, 0), so no token shares a character with them.
        slot_of_span = slot_ids.lookup(slots["slot"])
        tags = project_spans(tokenized, slots["start"], slots["end"], slot_of_span)
        intents = intent_ids.lookup(batch["intent"])
        known = tf.maximum(intents, 0)
        surface, tags = augment(tokenized.surface, tags, known, values, rates, seed)
        return {
            "length": tf.cast(surface.row_lengths(), tf.int32),
            **tokenizer.features(surface),
            "tags": tags,
            "intent": intents,
        }

    feeds_tags_back = settings.model.encoder in FEED_TAGS_BACK
    return Encoder(encode, functools.partial(_to_fit, feeds_tags_back))


def _to_fit(with_gold_tags: bool, rows: Rows) -> tuple[Rows, Rows, Rows]:
    """Return inputs, targets and weights; the inputs have the gold tags if `with_gold_tags`."""
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


def project_spans(
    tokenized: Tokens, starts: tf.Tensor, ends: tf.Tensor, slots: tf.Tensor
) -> tf.RaggedTensor:
    """Project character spans onto tokens: return the tag id of each token.

    Args:
        tokenized: The tokens of the batch.
        starts: int32 [batch, spans], code points.
        ends: int32 [batch, spans], exclusive.
        slots: int32 [batch, spans], slot ids; an unknown slot is -1, and its tokens are tagged `O`.

    Returns:
        int32 ragged [batch, tokens].
    """
    begin, end = tokenized.starts.to_tensor(0), tokenized.ends.to_tensor(0)
    inside = (begin[:, :, None] < ends[:, None, :]) & (end[:, :, None] > starts[:, None, :])
    inside &= (slots >= 0)[:, None, :]
    before = tf.pad(inside[:, :-1, :], [[0, 0], [1, 0], [0, 0]])
    tag = 1 + 2 * slots[:, None, :] + tf.cast(before, tf.int32)
    best = tf.reduce_max(tf.pad(tf.where(inside, tag, 0), [[0, 0], [0, 0], [0, 1]]), axis=-1)
    return tf.RaggedTensor.from_tensor(best, tokenized.starts.row_lengths())


def count_tokens(tokenizer: SlotTokenizer, texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the number of tokens of each text, and of those that are not in the vocabulary."""
    tokenized, features = tokenizer(tf.constant(texts, tf.string))
    unknown = tf.reduce_sum(tf.cast(features["words"] == UNKNOWN_ID, tf.int32), axis=1)
    lengths = tokenized.starts.row_lengths().numpy().tolist()
    return list(zip(lengths, unknown.numpy().tolist(), strict=True))


def _label_table(labels: Sequence[str]) -> tf.lookup.StaticHashTable:
    ids = tf.range(len(labels), dtype=tf.int32)
    entries = tf.lookup.KeyValueTensorInitializer(tf.constant(labels, tf.string), ids)
    return tf.lookup.StaticHashTable(entries, default_value=-1)


def _normal_tokens(texts: Sequence[str]) -> list[str]:
    normal = tokens.normalize(tokens.tokenize(tf.constant(texts, tf.string)).surface)
    return [token.decode("utf-8") for token in normal.flat_values.numpy()]


def _groups(records: Iterator[UtteranceRecord], size: int) -> Iterator[list[UtteranceRecord]]:
    while group := list(itertools.islice(records, size)):
        yield group
