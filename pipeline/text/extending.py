"""Add pieces learnt from new texts to a trained SentencePiece model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import sentencepiece
import tensorflow as tf

from pipeline.text.piece_files import SPACE, append_pieces, encode_pieces, piece_names, read_model
from pipeline.text.subwords import MIN_PIECES, add_space_prefix, train_sentencepiece

GROUP = 1_000  # texts per call of the TensorFlow ops


def extend_subwords(
    model: bytes,
    texts: Iterable[str],
    max_new: int,
    min_count: int,
    kind: Literal["unigram", "bpe"],
    symbols: Sequence[str] = (),
) -> bytes:
    """Append pieces learnt from new texts to a model; existing pieces keep their ids.

    A second model is trained on the new texts alone. Unigram: take the pieces that it uses often
    and that the old model splits, those that save most pieces first, with their log-probabilities
    in the new texts. BPE: take its merges in order, after all old merges; a merge depends on the
    merges before it, so only rare ones are skipped.

    Args:
        model: A SentencePiece model file.
        texts: The new texts, normalised as for tokenization.
        max_new: Maximum number of new pieces.
        min_count: Minimum number of uses of a new piece in the new texts.
        kind: Kind of the model.
        symbols: Symbols of the model.
    """
    lines = list(texts)
    if not max_new or not any(line.strip() for line in lines):
        return model
    other = train_sentencepiece(lines, MIN_PIECES + len(symbols) + 2 * max_new, kind, symbols)
    known = set(piece_names(model))
    scores = {
        piece.piece: piece.score
        for piece in read_model(other).pieces
        if piece.type == piece.NORMAL and piece.piece not in known
    }
    if kind == "bpe":
        merges = sorted(scores, key=lambda piece: -scores[piece])
        frequent = [m for m in merges if _count_substring(m, lines) >= min_count][:max_new]
        lowest = min(piece.score for piece in read_model(model).pieces)
        return append_pieces(model, [(m, lowest - rank) for rank, m in enumerate(frequent, 1)])
    counts = _count_pieces(other, lines)
    saved = _saved_pieces(model, {m: counts[m] for m in scores if counts[m] >= min_count})
    chosen = sorted(saved, key=lambda piece: (-saved[piece], piece))[:max_new]
    return append_pieces(model, [(piece, scores[piece]) for piece in chosen])


def _saved_pieces(model: bytes, counts: Mapping[str, int]) -> dict[str, int]:
    """Return by how many pieces each new piece shortens the texts, given its number of uses."""
    costs = zip(counts, map(len, encode_pieces(model, list(counts))), strict=True)
    return {piece: counts[piece] * (cost - 1) for piece, cost in costs if cost > 1}


def _count_substring(piece: str, lines: Sequence[str]) -> int:
    """Count the occurrences of a piece as a substring, regardless of segmentation."""
    text = piece.replace(SPACE, " ")
    return sum(f" {line}".count(text) for line in lines)


def _count_pieces(model: bytes, lines: Sequence[str]) -> Counter[str]:
    """Count how often a model uses each piece in the lines."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    counts: Counter[str] = Counter()
    for start in range(0, len(lines), GROUP):
        group = tf.constant(lines[start : start + GROUP], tf.string)
        for line in add_space_prefix(group).numpy():
            counts.update(processor.encode(line.decode("utf-8"), out_type=str))
    return counts
