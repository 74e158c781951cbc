"""BLEU and chrF++ as sacrebleu counts them, with intervals and the signatures that say how.

BLEU: Papineni et al. 2002 (https://aclanthology.org/P02-1040/); chrF++: Popović 2017
(https://aclanthology.org/W17-4770/); sacrebleu and its signatures: Post 2018
(https://aclanthology.org/W18-6319/). Both scores are functions of n-gram counts that add up over
sentences, so that the bootstrap redraws sentences without counting again. sacrebleu counts; the
scores of the sums are computed here, for all redrawn sets in one call, and equal sacrebleu's own.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from pipeline.errors import InputError
from pipeline.metrics.intervals import Counts

FloatArray: TypeAlias = NDArray[np.float64]

ORDERS = 4  # of BLEU's n-grams
CHARACTER_ORDERS, WORD_ORDERS, BETA = 6, 2, 2  # two orders of words make chrF into chrF++

# Languages that sacrebleu has a tokenizer for; all others take mteval's 13a.
TOKENIZERS = {
    **dict.fromkeys(("zh", "zho", "cmn", "yue"), "zh"),
    **dict.fromkeys(("ja", "jpn"), "ja-mecab"),
    **dict.fromkeys(("ko", "kor"), "ko-mecab"),
}
DEFAULT_TOKENIZER = "13a"


def tokenizer_of(language: str) -> str:
    """The tokenizer of sacrebleu for a target language, e.g. of `zh`, `zh-Hant` or `de`.

    Raises:
        InputError: The tokenizer is not installed here.
    """
    name = TOKENIZERS.get(language.lower().replace("_", "-").partition("-")[0], DEFAULT_TOKENIZER)
    _bleu(name, False)
    return name


def bleu(
    hypotheses: Sequence[str],
    references: Sequence[str],
    tokenize: str = DEFAULT_TOKENIZER,
    *,
    lowercase: bool = False,
) -> Counts:
    """Corpus BLEU in percent, exponential smoothing; cased and of detokenised text by default.

    Args:
        hypotheses: The translations, as a reader gets them.
        references: One each, in the same order, untouched.
        tokenize: sacrebleu's name of the tokenizer that both go through; "none" for what is
            tokenised already.
        lowercase: Whether upper and lower case are the same.

    Returns:
        Rows [sentences, 10]: tokens of the hypothesis, of the reference, n-grams that are in both
        for n = 1..4, n-grams of the hypothesis for n = 1..4; and the score of their sums.

    Raises:
        InputError: There is no such tokenizer, or it is not installed.
        ValueError: The two differ in number.
    """
    return Counts(_rows(_bleu(tokenize, lowercase), hypotheses, references), _bleu_of)


def bleu_signature(tokenize: str = DEFAULT_TOKENIZER, *, lowercase: bool = False) -> str:
    """What sacrebleu says of how `bleu` counts: case, tokenizer, smoothing, version."""
    return _signature(_bleu(tokenize, lowercase))


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> Counts:
    """Corpus chrF++ in percent: 1 to 6 characters without spaces, 1 and 2 words, beta 2.

    Args, errors: as for `bleu`, without a tokenizer.

    Returns:
        Rows [sentences, 24]: for each of the 8 orders the n-grams of the hypothesis, of the
        reference and in both; and the score of their sums, which of one row is that sentence's.
    """
    return Counts(_rows(_chrf(), hypotheses, references), _chrf_of)


def chrf_signature() -> str:
    """What sacrebleu says of how `chrf` counts."""
    return _signature(_chrf())


def length_ratio(counted: Counts) -> Counts:
    """Tokens of the hypotheses in percent of those of the references, from the rows of `bleu`."""
    return Counts(counted.rows[:, :2], _length_ratio)


def perplexity(log_probs: ArrayLike, token_counts: ArrayLike) -> Counts:
    """How many tokens the model hesitates between: exp(-mean log-probability of a token).

    Args:
        log_probs: [sentences], natural log-probability of each reference, summed over its tokens.
        token_counts: [sentences], how many tokens that is, with the end token.

    Returns:
        Rows [sentences, 2] and their score; lower is better, 1 is the least.

    Raises:
        ValueError: Not two lists of one length, a log-probability is above 0 or no number, or a
            sentence has no token.
    """
    logs, tokens = np.asarray(log_probs, np.float64), np.asarray(token_counts, np.float64)
    if logs.ndim != 1 or logs.shape != tokens.shape:
        raise ValueError(
            "expected a log-probability and a number of tokens for each sentence; received the"
            f" shapes {logs.shape} and {tokens.shape}"
        )
    if not np.all(np.isfinite(logs) & (logs <= 0)) or not np.all(tokens >= 1):
        raise ValueError("expected finite log-probabilities <= 0 and at least one token each")
    return Counts(np.stack([logs, tokens], axis=1), _perplexity)


@functools.cache
def _bleu(tokenize: str, lowercase: bool) -> BLEU:
    """The metric; `force` as sacrebleu warns of tokenised text on the log, where nobody looks."""
    if tokenize not in BLEU.TOKENIZERS:
        expected = ", ".join(BLEU.TOKENIZERS)
        raise InputError(f"sacrebleu has no tokenizer {tokenize!r}; expected one of {expected}")
    try:
        return BLEU(lowercase=lowercase, force=True, tokenize=tokenize)
    except (ImportError, RuntimeError) as error:
        extra = tokenize.partition("-")[0]
        raise InputError(
            f"BLEU needs sacrebleu's tokenizer {tokenize!r}, which is not installed;"
            f" install it: pip install 'sacrebleu[{extra}]'"
        ) from error


@functools.cache
def _chrf() -> CHRF:
    return CHRF(char_order=CHARACTER_ORDERS, word_order=WORD_ORDERS, beta=BETA)


def _rows(
    metric: BLEU | CHRF, hypotheses: Sequence[str], references: Sequence[str]
) -> NDArray[np.int64]:
    """What each sentence adds to the sums, [sentences, counts].

    sacrebleu has no public face for these counts; that they still are what they were is a test.
    """
    if len(hypotheses) != len(references):
        raise ValueError(
            f"expected a reference for each hypothesis; received {len(hypotheses)} hypotheses and"
            f" {len(references)} references"
        )
    width = 2 + 2 * ORDERS if isinstance(metric, BLEU) else 3 * (CHARACTER_ORDERS + WORD_ORDERS)
    counted = metric._extract_corpus_statistics(list(hypotheses), [list(references)])
    return np.array(counted, np.int64).reshape(-1, width)


def _signature(metric: BLEU | CHRF) -> str:
    metric.corpus_score([""], [[""]])  # it learns here that there is one reference a sentence
    return str(metric.get_signature())


def _bleu_of(sums: FloatArray) -> FloatArray:
    """Sums [..., 10] -> BLEU [...].

    An order without any match counts as if it had 1/2 of one, the next such order 1/4, and so on
    (smoothing of mteval-v13a); where no n-gram matches, or none of an order exists, BLEU is 0.
    """
    lengths, matches, totals = sums[..., :2], sums[..., 2 : 2 + ORDERS], sums[..., 2 + ORDERS :]
    missed = matches == 0
    smoothed = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), matches)
    precisions = smoothed / np.maximum(totals, 1)
    brevity = np.exp(np.minimum(0.0, 1 - lengths[..., 1] / np.maximum(lengths[..., 0], 1)))
    score = 100.0 * brevity * np.exp(np.log(precisions).mean(axis=-1))
    scored: FloatArray = np.where(np.any(matches, axis=-1) & np.all(totals, axis=-1), score, 0.0)
    return scored


def _chrf_of(sums: FloatArray) -> FloatArray:
    """Sums [..., 24] -> chrF++ [...]: F of the mean precision and recall over the orders."""
    found, wanted, both = np.moveaxis(sums.reshape(*sums.shape[:-1], -1, 3), -1, 0)
    there = (found > 0) & (wanted > 0)
    orders = np.maximum(there.sum(axis=-1), 1)
    precision = np.where(there, both / np.maximum(found, 1), 0.0).sum(axis=-1) / orders
    recall = np.where(there, both / np.maximum(wanted, 1), 0.0).sum(axis=-1) / orders
    weighted = BETA**2 * precision + recall
    score: FloatArray = 100.0 * np.divide(
        (1 + BETA**2) * precision * recall,
        weighted,
        out=np.zeros_like(weighted),
        where=weighted > 0,
    )
    return score


def _length_ratio(sums: FloatArray) -> FloatArray:
    return 100.0 * sums[..., 0] / np.maximum(sums[..., 1], 1)


def _perplexity(sums: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):  # a model that is certain of nonsense: infinite
        surprise: FloatArray = np.exp(-sums[..., 0] / np.maximum(sums[..., 1], 1))
    return surprise
