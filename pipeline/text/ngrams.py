"""Texts to bags of hashed n-grams: what stands side by side, as numbers below a fixed bound.

No vocabulary is learnt: an n-gram is hashed to its id, so that every text has its bag at once, and
two n-grams may share an id (Weinberger et al. 2009, "Feature hashing for large scale multitask
learning"). The hash is FarmHash's Fingerprint64, the same on every machine.
"""

from __future__ import annotations

import tensorflow as tf

from pipeline.text.row_ids import row_ids

# Control characters: `tokens.tokenize` leaves none in a token, so that no n-gram of characters is
# ever taken for one of words, nor "ab c" for "a bc".
BETWEEN, CHARACTER, START, END = "\x1f", "\x01", "\x02", "\x03"


def hashed_ngrams(
    tokens: tf.RaggedTensor,
    *,
    words: int,
    characters: tuple[int, int],
    buckets: int,
    binary: bool = True,
) -> tf.RaggedTensor:
    """Ids of all n-grams of each text, from 1 to `buckets` - 1; 0 is left for padding.

    Args:
        tokens: Strings, ragged [batch, tokens].
        words: Most tokens in a row that make an n-gram; 1 to that many do. 0 = none.
        characters: Least and most characters in a row, of one token with a mark at its start and
            one at its end ("<ca", "cat", "at>"); a mark alone is none. (0, 0) = none.
        buckets: Rows of the table that the ids look up.
        binary: Each id once a text, at its first place, not once for each time it occurs.

    Returns:
        int32 ragged [batch, ngrams]: by tokens in a row, then by characters in a row.

    Raises:
        ValueError: A bound makes no sense.
    """
    least, most = characters
    if words < 0 or buckets < 2 or (characters != (0, 0) and not 1 <= least <= most):
        raise ValueError(
            f"hashed_ngrams: words={words}, characters={characters}, buckets={buckets}; expected"
            " words from 0, characters from 1 up or (0, 0), buckets from 2"
        )
    found = [_hash(tf.strings.ngrams(tokens, n, BETWEEN), buckets) for n in range(1, words + 1)]
    if most:
        found.append(_of_characters(tokens, least, most, buckets))
    if not found:
        return tokens.with_flat_values(tf.zeros_like(tokens.flat_values, tf.int32))[:, :0]
    ids = tf.concat(found, axis=1)
    return _once(ids, buckets) if binary else ids


def _of_characters(tokens: tf.RaggedTensor, least: int, most: int, buckets: int) -> tf.RaggedTensor:
    """The ids of each token's character n-grams, counted out once a distinct token of the batch."""
    distinct, places = tf.unique(tokens.flat_values, tf.int64)
    marked = tf.strings.unicode_split(tf.strings.join([START, distinct, END]), "UTF-8")
    marked = marked.with_flat_values(tf.strings.join([CHARACTER, marked.flat_values]))
    sizes = range(least, most + 1)
    found = [_hash(_in_a_row(marked, size), buckets) for size in sizes]
    of_distinct = tf.concat(found, axis=1)
    return tokens.with_values(tf.gather(of_distinct, places)).merge_dims(1, 2)


def _in_a_row(marked: tf.RaggedTensor, size: int) -> tf.RaggedTensor:
    return marked[:, 1:-1] if size == 1 else tf.strings.ngrams(marked, size, "")


def _hash(ngrams: tf.RaggedTensor, buckets: int) -> tf.RaggedTensor:
    ids = tf.strings.to_hash_bucket_fast(ngrams.flat_values, buckets - 1) + 1
    return ngrams.with_flat_values(tf.cast(ids, tf.int32))


def _once(ids: tf.RaggedTensor, buckets: int) -> tf.RaggedTensor:
    """Each id of a row at its first place alone, all rows in one search."""
    rows = row_ids(ids)
    keys, _ = tf.unique(rows * buckets + tf.cast(ids.flat_values, tf.int64))
    unique = tf.cast(keys % buckets, tf.int32)
    return tf.RaggedTensor.from_value_rowids(unique, keys // buckets, ids.nrows(), validate=False)
