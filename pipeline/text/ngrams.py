"""Bags of hashed n-grams of words and characters.

No vocabulary is learnt: the id of an n-gram is its hash, so two n-grams may share an id (Weinberger
et al. 2009, "Feature hashing for large scale multitask learning"). The hash is FarmHash's
Fingerprint64, which is the same on every machine.
"""

from __future__ import annotations

import tensorflow as tf

from pipeline.text.row_ids import row_ids

# Tokens of `tokens.tokenize` contain no control characters. As marks, these keep n-grams of
# characters different from n-grams of words, and "ab c" different from "a bc".
SEPARATOR, CHARACTER, START, END = "\x1f", "\x01", "\x02", "\x03"


def hashed_ngrams(
    tokens: tf.RaggedTensor,
    *,
    words: int,
    characters: tuple[int, int],
    buckets: int,
    binary: bool = True,
) -> tf.RaggedTensor:
    """Return the ids of all n-grams of each text, from 1 to `buckets` - 1; 0 is padding.

    Args:
        tokens: Strings, ragged [batch, tokens].
        words: Maximum n of word n-grams, starting at 1; 0 for no word n-grams.
        characters: Minimum and maximum n of character n-grams within a token, with a mark at its
            start and its end ("<ca", "cat", "at>"); a mark alone is not an n-gram. (0, 0) for no
            character n-grams.
        buckets: Number of ids, including padding; the rows of an embedding table.
        binary: Whether to keep only the first occurrence of each id in a text.

    Returns:
        int32 ragged [batch, ngrams]: word n-grams by n, then character n-grams.

    Raises:
        ValueError: An argument is out of range.
    """
    shortest, longest = characters
    if words < 0 or buckets < 2 or (characters != (0, 0) and not 1 <= shortest <= longest):
        raise ValueError(
            f"hashed_ngrams: received words={words}, characters={characters}, buckets={buckets};"
            " expected words >= 0, characters (minimum, maximum) >= 1 or (0, 0), buckets >= 2"
        )
    parts = [_hash(tf.strings.ngrams(tokens, n, SEPARATOR), buckets) for n in range(1, words + 1)]
    if longest:
        parts.append(_character_ngrams(tokens, shortest, longest, buckets))
    if not parts:
        return tokens.with_flat_values(tf.zeros_like(tokens.flat_values, tf.int32))[:, :0]
    ids = tf.concat(parts, axis=1)
    return _unique(ids, buckets) if binary else ids


def _character_ngrams(
    tokens: tf.RaggedTensor, shortest: int, longest: int, buckets: int
) -> tf.RaggedTensor:
    """Return the ids of each token's character n-grams, computed once per distinct token."""
    distinct, index = tf.unique(tokens.flat_values, tf.int64)
    marked = tf.strings.unicode_split(tf.strings.join([START, distinct, END]), "UTF-8")
    marked = marked.with_flat_values(tf.strings.join([CHARACTER, marked.flat_values]))
    sizes = range(shortest, longest + 1)
    by_token = tf.concat([_hash(_of_size(marked, size), buckets) for size in sizes], axis=1)
    return tokens.with_values(tf.gather(by_token, index)).merge_dims(1, 2)


def _of_size(marked: tf.RaggedTensor, size: int) -> tf.RaggedTensor:
    return marked[:, 1:-1] if size == 1 else tf.strings.ngrams(marked, size, "")


def _hash(ngrams: tf.RaggedTensor, buckets: int) -> tf.RaggedTensor:
    ids = tf.strings.to_hash_bucket_fast(ngrams.flat_values, buckets - 1) + 1
    return ngrams.with_flat_values(tf.cast(ids, tf.int32))


def _unique(ids: tf.RaggedTensor, buckets: int) -> tf.RaggedTensor:
    """Keep the first occurrence of each id in each row, with one `tf.unique` for all rows."""
    rows = row_ids(ids)
    keys, _ = tf.unique(rows * buckets + tf.cast(ids.flat_values, tf.int64))
    unique = tf.cast(keys % buckets, tf.int32)
    return tf.RaggedTensor.from_value_rowids(unique, keys // buckets, ids.nrows(), validate=False)
