"""Texts to pieces of words and back: SentencePiece, learnt from texts, run in the graph.

Every text has pieces and comes back as it was: a character that is no piece is spelled in the 256
byte pieces, so `<unk>` never occurs. Ids: `<pad>` 0, `<unk>` 1, `<s>` 2, `</s>` 3, the bytes, then
what was learnt.

SentencePiece itself normalises nothing. It writes a space as U+2581 and would give that character
back as a space, so U+2581 goes through it as U+FDD0, a code point that Unicode keeps for such use
within programs and that no text may hold; one that does gets U+FFFD for it. A word at the start of
a text gets a space before it, as it has elsewhere; scripts that write no spaces do not.
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
LEAST = 300  # pieces; the fixed ones, the bytes, and a few to learn

_COVERED = 0.9995  # of what is written in the training texts; the rest is spelled in bytes
_CHARACTERS = 0.75  # of the learnt pieces at most, so that longer ones get a place
_LONGEST = 2_000  # characters of one stretch of training text; no stretch is left out for length
_GROUP = 1_000  # texts at a time through the ops

_INSIDE = "\ufdd0"
_RULES = "2581\tFDD0\nFDD0\tFFFD\n"  # from, to: nothing else does SentencePiece change
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}"

logger = logging.getLogger(__name__)


class Pieces(NamedTuple):
    """Pieces of a batch, each field int32 ragged [batch, pieces].

    `starts` and `ends` (end exclusive) count code points of the row's text. Of a character that is
    spelled in bytes, all but the last byte are empty stretches before it.
    """

    ids: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


class Subwords(tf.Module):
    """A SentencePiece model in the graph; its bytes travel inside, not its path.

    Args:
        file: Written from what `train_subwords` gave.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(name=file.stem)
        self.model = file.read_bytes()

    @property
    def size(self) -> int:
        """How many pieces there are."""
        processor = sentencepiece.SentencePieceProcessor(model_proto=self.model)
        return int(processor.get_piece_size())

    def tokenize(self, text: tf.Tensor) -> tf.RaggedTensor:
        """Ids, int32 ragged [batch, pieces], of valid UTF-8 strings [batch] (`tokens.clean`)."""
        return self._tokenizer().tokenize(prefixed(text))

    def tokenize_with_offsets(self, text: tf.Tensor) -> Pieces:
        """The same with where each piece stands in the text."""
        line = prefixed(text)
        ids, starts, ends = self._tokenizer().tokenize_with_offsets(line)
        added = tf.strings.length(line) - tf.strings.length(text)
        places = code_points(line, tf.cast(starts, tf.int64), tf.cast(ends, tf.int64))
        added = tf.gather(added, row_ids(ids))
        starts, ends = (
            place.with_flat_values(tf.maximum(place.flat_values - added, 0)) for place in places
        )
        return Pieces(ids, starts, ends)

    def detokenize(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """The texts [batch] of ids, int32 ragged [batch, pieces]; `FIXED` pieces say nothing."""
        text = self._tokenizer().detokenize(ids)
        text = tf.strings.regex_replace(text, SPACE, " ")  # a space that is spelled in bytes
        text = tf.strings.regex_replace(text, f"^ ([^{_UNSPACED}]|$)", r"\1", replace_global=False)
        return tf.strings.regex_replace(text, _INSIDE, SPACE)

    def pieces(self, ids: tf.Tensor) -> tf.Tensor:
        """How pieces are written, strings of the shape of `ids`, a space as U+2581."""
        return self._tokenizer().id_to_string(ids)

    def _tokenizer(self) -> Any:
        """A new one a graph: the op that reads the model stands beside its use.

        One made here and now would live in a kernel of TensorFlow's cache, which goes, and the
        tokenizer with it, as soon as anyone sets a seed (`tf.random.set_seed`).
        """
        return tf_text.SentencepieceTokenizer(self.model)


def is_byte(ids: tf.Tensor, symbols: int = 0) -> tf.Tensor:
    """Whether a piece is a byte: part of a character that is no piece. bool, as `ids`.

    Args:
        ids: Of pieces.
        symbols: With how many `symbols` the pieces were trained.
    """
    first = len(FIXED) + symbols
    return (ids >= first) & (ids < first + BYTES)


def train_subwords(
    texts: Iterable[str],
    vocabulary_size: int,
    model: Literal["unigram", "bpe"],
    symbols: Sequence[str] = (),
) -> bytes:
    """As `most_subwords`, for a size that a user has set: fewer pieces are told by a warning."""
    trained = most_subwords(texts, vocabulary_size, model, symbols)
    size = sentencepiece.SentencePieceProcessor(model_proto=trained).get_piece_size()
    if size < vocabulary_size:
        logger.warning(
            "vocabulary_size is %d, but the training texts give %d pieces", vocabulary_size, size
        )
    return trained


def most_subwords(
    texts: Iterable[str],
    vocabulary_size: int,
    model: Literal["unigram", "bpe"],
    symbols: Sequence[str] = (),
) -> bytes:
    """Learns pieces from texts, the same ones from the same texts.

    Args:
        texts: Normalised as they will be when tokenised.
        vocabulary_size: Pieces in all, with the fixed ones and the bytes; fewer where the texts do
            not give so many.
        model: "unigram" (Kudo 2018, "Subword regularization", section 3.2) or "bpe" (Sennrich et
            al. 2016, "Neural machine translation of rare words with subword units", section 3.2).
        symbols: Characters that are always a piece of their own, whatever stands beside them. They
            come right after the fixed pieces.

    Returns:
        The SentencePiece model file.

    Raises:
        InputError: Fewer than `LEAST` pieces are asked for, or the texts hold nothing to learn.
    """
    if vocabulary_size < LEAST:
        raise InputError(f"vocabulary_size is {vocabulary_size}; expected at least {LEAST}")
    stretches = list(_stretches(texts))
    kept = _kept_characters(stretches, vocabulary_size - len(FIXED) - BYTES - len(symbols))
    if not kept - {" "}:
        raise InputError("the training texts hold no character; expected some text to learn from")
    # SentencePiece neither counts NUL nor learns pieces across it.
    others = {*"".join(stretches)} - kept - {*symbols}
    dropped = {ord(character): "\x00" for character in others}
    learnt = (text.translate(dropped) for text in stretches)
    return _train(learnt, vocabulary_size, model, symbols)


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
            character_coverage=1.0,  # `_kept_characters` has chosen
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
            num_threads=1,  # sums of floats depend on how the texts are dealt out
            minloglevel=2,
        )
    return _without_paths(written.getvalue())


def _without_paths(model: bytes) -> bytes:
    """The model without the place where its rules lay."""
    parsed = read_model(model)
    parsed.normalizer_spec.normalization_rule_tsv = ""
    return bytes(parsed.SerializeToString(deterministic=True))


def _stretches(texts: Iterable[str]) -> Iterator[str]:
    """The texts as the graph hands them to SentencePiece, cut where they are very long."""
    rest = iter(texts)
    while group := list(itertools.islice(rest, _GROUP)):
        for text in prefixed(tf.constant(group, tf.string)).numpy():
            whole = text.decode("utf-8")
            yield from (whole[at : at + _LONGEST] for at in range(0, len(whole), _LONGEST))


def _kept_characters(texts: Iterable[str], room: int) -> set[str]:
    """The commonest characters: those that are pieces of their own."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    total, covered, kept = counts.total(), 0, set[str]()
    for character in sorted(counts, key=lambda c: (-counts[c], c)):
        if covered >= _COVERED * total or len(kept) >= _CHARACTERS * room:
            break
        covered += counts[character]
        if unicodedata.category(character) != "Cc":  # one byte piece each already
            kept.add(character)
    return kept


def prefixed(text: tf.Tensor) -> tf.Tensor:
    """The text with a space before a first word that is written with spaces."""
    return tf.strings.regex_replace(text, f"(?s)^([^{_UNSPACED}])", r" \1", replace_global=False)
