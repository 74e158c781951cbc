"""SentencePiece model files: read their pieces, encode with them and append pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

SPACE = "\u2581"  # a space, as written in pieces


def read_model(model: bytes) -> Any:
    """Parse the protocol buffer of a model file."""
    return sentencepiece_model_pb2.ModelProto.FromString(model)  # type: ignore[attr-defined]


def piece_names(model: bytes) -> list[str]:
    """Return the pieces as strings, in id order."""
    return [piece.piece for piece in read_model(model).pieces]


def encode_pieces(model: bytes, pieces: Sequence[str]) -> list[list[int]]:
    """Encode each piece of another model with this model; return the ids."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [processor.encode(piece.replace(SPACE, " ")) for piece in pieces]


def append_pieces(model: bytes, pieces: Sequence[tuple[str, float]]) -> bytes:
    """Append pieces (name and score) to a model; existing pieces keep their ids."""
    parsed = read_model(model)
    for name, score in pieces:
        piece = parsed.pieces.add()
        piece.piece, piece.score = name, score
    parsed.trainer_spec.vocab_size = len(parsed.pieces)
    return bytes(parsed.SerializeToString(deterministic=True))
