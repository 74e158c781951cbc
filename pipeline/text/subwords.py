"""Subword tokenization with SentencePiece, trained on texts and run in the TensorFlow graph.

Tokenization is lossless: characters without a piece are written as byte pieces, so `<unk>` never
occurs. Ids: `<pad>` 0, `<unk>` 1, `<s>` 2, `</s>` 3, then symbols, the 256 bytes and the learnt
pieces.

SentencePiece does not normalise here. It writes a space as U+2581 and would decode that character
as a space, so U+2581 in a text is passed as U+FDD0, a noncharacter that Unicode reserves for
internal use; U+FDD0 in a text becomes U+FFFD. A word at the start of a text gets a space before it,
so it has the same pieces as elsewhere; this does not apply to scripts without spaces.
"""

from __future__ import annotations

import io
import itertools
import logging
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import sentencepiece
import tensorflow as tf
import tensorflow_text as tf_text

from pipeline.errors import InputError
from pipeline.text.piece_files import SPACE, read_model
from pipeline.text.row_ids import row_ids
from pipeline.text.tokens import code_points

FIXED = ("<pad>", "<unk>", "<s>", "</s>")
START_ID, END_ID = 2, 3
BYTES = 256
MIN_PIECES = 300  # the fixed pieces, the bytes, and some learnt pieces

_COVERAGE = 0.9995  # share of the training characters that have pieces; the rest become bytes
_MAX_CHARACTERS = 0.75  # maximum share of single characters among the learnt pieces
_SEGMENT_LENGTH = 2_000  # characters; longer texts are cut, since SentencePiece would skip them
_GROUP = 1_000  # texts per call of the TensorFlow ops

_ESCAPED_SPACE = "\ufdd0"
_RULES = "2581\tFDD0\nFDD0\tFFFD\n"  # from, to; SentencePiece changes no other characters
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}"

logger = logging.getLogger(__name__)


class Pieces(NamedTuple):
    """Pieces of a batch, each field int32 ragged [batch, pieces].

    `starts` and `ends` (end exclusive) are offsets in code points of the row's text. If a character
    is written in bytes, its last byte covers the character and the others cover nothing.
    """

    ids: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


class Subwords(tf.Module):
    """A SentencePiece model in the graph, which stores its bytes and not its path.

    Args:
        file: A SentencePiece model file, as trained by `train_subwords`.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(name=file.stem)
        self.model = file.read_bytes()

    @property
    def size(self) -> int:
        """The number of pieces."""
        processor = sentencepiece.SentencePieceProcessor(model_proto=self.model)
        return int(processor.get_piece_size())

    def tokenize(self, text: tf.Tensor) -> tf.RaggedTensor:
        """Return ids, int32 ragged [batch, pieces], of valid UTF-8 strings [batch]."""
        return self._tokenizer().tokenize(add_space_prefix(text))

    def tokenize_with_offsets(self, text: tf.Tensor) -> Pieces:
        """Return ids with the offsets of each piece in the text."""
        line = add_space_prefix(text)
        ids, starts, ends = self._tokenizer().tokenize_with_offsets(line)
        added = tf.strings.length(line) - tf.strings.length(text)
        offsets = code_points(line, tf.cast(starts, tf.int64), tf.cast(ends, tf.int64))
        added = tf.gather(added, row_ids(ids))
        starts, ends = (
            each.with_flat_values(tf.maximum(each.flat_values - added, 0)) for each in offsets
        )
        return Pieces(ids, starts, ends)

    def detokenize(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Return the texts [batch] of ids, int32 ragged [batch, pieces], without `FIXED` pieces."""
        text = self._tokenizer().detokenize(ids)
        text = tf.strings.regex_replace(text, SPACE, " ")  # spaces that were written in bytes
        text = tf.strings.regex_replace(text, f"^ ([^{_UNSPACED}]|$)", r"\1", replace_global=False)
        return tf.strings.regex_replace(text, _ESCAPED_SPACE, SPACE)

    def pieces(self, ids: tf.Tensor) -> tf.Tensor:
        """Return pieces as strings in the shape of `ids`, with U+2581 for a space."""
        return self._tokenizer().id_to_string(ids)

    def _tokenizer(self) -> Any:
        """Create a tokenizer for the current graph, next to the ops that use it.

        A tokenizer that is created eagerly lives in TensorFlow's kernel cache, and is destroyed
        when `tf.random.set_seed` clears that cache.
        """
        return tf_text.SentencepieceTokenizer(self.model)


def is_byte(ids: tf.Tensor, symbols: int = 0) -> tf.Tensor:
    """Return whether each id is a byte piece: bool, in the shape of `ids`.

    Args:
        ids: Ids of pieces.
        symbols: Number of `symbols` that the model was trained with.
    """
    first = len(FIXED) + symbols
    return (ids >= first) & (ids < first + BYTES)


def train_subwords(
    texts: Iterable[str],
    vocabulary_size: int,
    model: Literal["unigram", "bpe"],
    symbols: Sequence[str] = (),
) -> bytes:
    """Train a model as `train_sentencepiece`, and warn if it has fewer pieces than requested."""
    trained = train_sentencepiece(texts, vocabulary_size, model, symbols)
    size = sentencepiece.SentencePieceProcessor(model_proto=trained).get_piece_size()
    if size < vocabulary_size:
        logger.warning(
            "vocabulary_size is %d, but the training texts yield only %d pieces",
            vocabulary_size,
            size,
        )
    return trained


def train_sentencepiece(
    texts: Iterable[str],
    vocabulary_size: int,
    model: Literal["unigram", "bpe"],
    symbols: Sequence[str] = (),
) -> bytes:
    """Train a SentencePiece model deterministically.

    Args:
        texts: The training texts, normalised as for tokenization.
        vocabulary_size: Maximum number of pieces, including the fixed pieces and the bytes; small
            texts yield fewer.
        model: "unigram" (Kudo 2018, "Subword regularization", section 3.2) or "bpe" (Sennrich et
            al. 2016, "Neural machine translation of rare words with subword units", section 3.2).
        symbols: Characters that are always a piece of their own. Their ids follow the fixed pieces.

    Returns:
        The SentencePiece model file.

    Raises:
        InputError: `vocabulary_size` is below `MIN_PIECES`, or the texts contain no characters.
    """
    if vocabulary_size < MIN_PIECES:
        raise InputError(f"vocabulary_size is {vocabulary_size}; expected at least {MIN_PIECES}")
    segments = list(_segments(texts))
    kept = _frequent_characters(segments, vocabulary_size - len(FIXED) - BYTES - len(symbols))
    if not kept - {" "}:
        raise InputError("the training texts contain no characters; expected text to learn from")
    # SentencePiece neither counts NUL nor learns pieces across it.
    others = {*"".join(segments)} - kept - {*symbols}
    to_nul = {ord(character): "\x00" for character in others}
    return _train((text.translate(to_nul) for text in segments), vocabulary_size, model, symbols)


def _train(texts: Iterator[str], vocabulary_size: int, model: str, symbols: Sequence[str]) -> bytes:
    written = io.BytesIO()
    pad, unknown, start, end = FIXED
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.tsv"
        rules.write_text(_RULES, encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=texts,
            model_writer=written,
            model_type=model,
            vocab_size=vocabulary_size,
            hard_vocab_limit=False,
            byte_fallback=True,
            character_coverage=1.0,  # `_frequent_characters` has selected them
            split_digits=True,  # as `tokens.tokenize` does
            max_sentence_length=2**30,
            normalization_rule_tsv=str(rules),
            remove_extra_whitespaces=False,
            add_dummy_prefix=False,  # its decoder would strip every space at the start
            pad_id=0,
            unk_id=1,
            bos_id=2,
            eos_id=3,
            pad_piece=pad,
            unk_piece=unknown,
            user_defined_symbols=list(symbols),
            bos_piece=start,
            eos_piece=end,
            num_threads=1,  # float sums depend on how texts are distributed over threads
            minloglevel=2,
        )
    return _without_paths(written.getvalue())


def _without_paths(model: bytes) -> bytes:
    """Remove the path of the normalization rules from a model."""
    parsed = read_model(model)
    parsed.normalizer_spec.normalization_rule_tsv = ""
    return bytes(parsed.SerializeToString(deterministic=True))


def _segments(texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts as the graph passes them to SentencePiece, long ones in segments."""
    remaining = iter(texts)
    while group := list(itertools.islice(remaining, _GROUP)):
        for text in add_space_prefix(tf.constant(group, tf.string)).numpy():
            line = text.decode("utf-8")
            for start in range(0, len(line), _SEGMENT_LENGTH):
                yield line[start : start + _SEGMENT_LENGTH]


def _frequent_characters(texts: Iterable[str], max_pieces: int) -> set[str]:
    """Return the most frequent characters, which get a piece of their own."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    total, covered, kept = counts.total(), 0, set[str]()
    for character in sorted(counts, key=lambda c: (-counts[c], c)):
        if covered >= _COVERAGE * total or len(kept) >= _MAX_CHARACTERS * max_pieces:
            break
        covered += counts[character]
        if unicodedata.category(character) != "Cc":  # these have byte pieces
            kept.add(character)
    return kept


def add_space_prefix(text: tf.Tensor) -> tf.Tensor:
    """Add a space before each text, unless it begins with a script without spaces."""
    return tf.strings.regex_replace(text, f"(?s)^([^{_UNSPACED}])", r" \1", replace_global=False)
