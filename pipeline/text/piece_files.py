"""SentencePiece model files: their pieces by id, and more of them behind those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

SPACE = "\u2581"  # as pieces have it


def read_model(model: bytes) -> Any:
    """The protocol buffer of a model file."""
    return sentencepiece_model_pb2.ModelProto.FromString(model)  # type: ignore[attr-defined]


def piece_names(model: bytes) -> list[str]:
    """How the pieces are written, in the order of their ids."""
    return [piece.piece for piece in read_model(model).pieces]


def spelled(model: bytes, pieces: Sequence[str]) -> list[list[int]]:
    """For each piece of another model, the ids of what it is cut into by this one."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [processor.encode(piece.replace(SPACE, " ")) for piece in pieces]


def append(model: bytes, pieces: Sequence[tuple[str, float]]) -> bytes:
    """The model with more pieces (name and score) behind its own, whose ids stay."""
    parsed = read_model(model)
    for name, score in pieces:
        piece = parsed.pieces.add()
        piece.piece, piece.score = name, score
    parsed.trainer_spec.vocab_size = len(parsed.pieces)
    return bytes(parsed.SerializeToString(deterministic=True))
