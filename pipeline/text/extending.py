"""Pieces of new texts behind those of a trained SentencePiece model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import sentencepiece
import tensorflow as tf

from pipeline.text.piece_files import SPACE, append, piece_names, read_model, spelled
from pipeline.text.subwords import LEAST, most_subwords, prefixed

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

    They come from a model of the new texts alone. Unigram: those that it uses often and that this
    one cuts up, those first that save most pieces, with the log-probability that they have in the
    new texts. BPE: its merges in their order, behind all old ones; a merge is of use only with
    those before it, so none is passed over but for being too rare.

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
    other = most_subwords(lines, LEAST + len(symbols) + 2 * most, kind, symbols)
    known = set(piece_names(model))
    learnt = {
        piece.piece: piece.score
        for piece in read_model(other).pieces
        if piece.type == piece.NORMAL and piece.piece not in known
    }
    if kind == "bpe":
        merges = sorted(learnt, key=lambda piece: -learnt[piece])
        often = [piece for piece in merges if _occurs(piece, lines) >= least_count][:most]
        lowest = min(piece.score for piece in read_model(model).pieces)
        return append(model, [(piece, lowest - place) for place, piece in enumerate(often, 1)])
    counts = _counted(other, lines)
    saved = _saved(model, {name: counts[name] for name in learnt if counts[name] >= least_count})
    chosen = sorted(saved, key=lambda piece: (-saved[piece], piece))[:most]
    return append(model, [(piece, learnt[piece]) for piece in chosen])


def _saved(model: bytes, counts: Mapping[str, int]) -> dict[str, int]:
    """How many pieces less the texts take with each new piece, which they use so often."""
    costs = zip(counts, map(len, spelled(model, list(counts))), strict=True)
    return {piece: counts[piece] * (cost - 1) for piece, cost in costs if cost > 1}


def _occurs(piece: str, lines: Sequence[str]) -> int:
    """Places where a piece stands, whatever they are cut into."""
    text = piece.replace(SPACE, " ")
    return sum(f" {line}".count(text) for line in lines)


def _counted(model: bytes, lines: Sequence[str]) -> Counter[str]:
    """How often each piece is used in lines."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    counts: Counter[str] = Counter()
    for start in range(0, len(lines), GROUP):
        for line in prefixed(tf.constant(lines[start : start + GROUP], tf.string)).numpy():
            counts.update(processor.encode(line.decode("utf-8"), out_type=str))
    return counts
