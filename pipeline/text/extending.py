"""Pieces of new texts behind those of a trained SentencePiece model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import sentencepiece
import tensorflow as tf

from pipeline.text.piece_files import append, piece_names, read_model, spelled
from pipeline.text.subwords import LEAST, prefixed, train_subwords

GROUP = 1_000  # texts at a time through the ops


def extend_subwords(
    model: bytes,
    texts: Iterable[str],
    most: int,
    least_count: int,
    kind: Literal["unigram", "bpe"],
    symbols: Sequence[str] = (),
) -> bytes:
    """The model with pieces of new texts behind its own; the ids of these stay.

    The new pieces are those that a model of the new texts alone uses often and that this one cuts
    up; those that save most pieces come first. One of a unigram model keeps the log-probability
    that it has in the new texts; a BPE model tries its own merges first.

    Args:
        model: A SentencePiece model file.
        texts: Normalised as they will be when tokenised.
        most: New pieces.
        least_count: Times that a new piece is used in the new texts.
        kind: Of the model.
        symbols: Of the model.
    """
    lines = list(texts)
    if not most or not any(line.strip() for line in lines):
        return model
    other = train_subwords(lines, LEAST + len(symbols) + 2 * most, kind, symbols)
    saved = _saved(model, other, lines, least_count)
    chosen = sorted(saved, key=lambda piece: (-saved[piece], piece))[:most]
    if kind == "unigram":
        scores = {piece.piece: piece.score for piece in read_model(other).pieces}
        return append(model, [(piece, scores[piece]) for piece in chosen])
    lowest = min(piece.score for piece in read_model(model).pieces)
    return append(model, [(piece, lowest - place) for place, piece in enumerate(chosen, 1)])


def _saved(model: bytes, other: bytes, lines: Sequence[str], least_count: int) -> Mapping[str, int]:
    """How many pieces less each piece of the other model would cost in these lines."""
    known, counts = set(piece_names(model)), _counted(other, lines)
    usual = [
        piece.piece
        for piece in read_model(other).pieces
        if piece.type == piece.NORMAL
        and piece.piece not in known
        and counts[piece.piece] >= least_count
    ]
    costs = zip(usual, map(len, spelled(model, usual)), strict=True)
    return {piece: counts[piece] * (cost - 1) for piece, cost in costs if cost > 1}


def _counted(model: bytes, lines: Sequence[str]) -> Counter[str]:
    """How often each piece is used in lines."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    counts: Counter[str] = Counter()
    for start in range(0, len(lines), GROUP):
        for line in prefixed(tf.constant(lines[start : start + GROUP], tf.string)).numpy():
            counts.update(processor.encode(line.decode("utf-8"), out_type=str))
    return counts
