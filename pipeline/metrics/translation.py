"""BLEU and chrF++ as computed by sacrebleu, with bootstrap intervals and sacrebleu signatures.

BLEU: Papineni et al. 2002 (https://aclanthology.org/P02-1040/); chrF++: Popović 2017
(https://aclanthology.org/W17-4770/); sacrebleu and its signatures: Post 2018
(https://aclanthology.org/W18-6319/). Both scores are functions of n-gram counts that are summed
over sentences, so the bootstrap resamples sentences without counting again. sacrebleu counts
n-grams; this module computes the scores of the sums for all resamples in one call, with the same
results as sacrebleu.
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

ORDERS = 4  # n-gram orders of BLEU
CHARACTER_ORDERS, WORD_ORDERS, BETA = 6, 2, 2  # chrF++ is chrF with word orders 1 and 2

# Languages that need a tokenizer of their own; all others use mteval's 13a.
TOKENIZERS = {
    **dict.fromkeys(("zh", "zho", "cmn", "yue"), "zh"),
    **dict.fromkeys(("ja", "jpn"), "ja-mecab"),
    **dict.fromkeys(("ko", "kor"), "ko-mecab"),
}
DEFAULT_TOKENIZER = "13a"


def bleu_tokenizer(language: str) -> str:
    """Return the name of sacrebleu's tokenizer for a target language: `zh`, `zh-Hant`, `de`.

    Raises:
        InputError: The tokenizer is not installed.
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
    """Compute corpus BLEU in percent, on detokenised text with exponential smoothing.

    Args:
        hypotheses: The detokenised translations.
        references: One detokenised reference per hypothesis, in the same order.
        tokenize: Name of the sacrebleu tokenizer that is applied to both; "none" for tokenised
            texts.
        lowercase: Whether to ignore case.

    Returns:
        Rows [sentences, 10]: tokens of the hypothesis, tokens of the reference, matching n-grams
        for n = 1..4, n-grams of the hypothesis for n = 1..4; and the score of their sums.

    Raises:
        InputError: The tokenizer does not exist or is not installed.
        ValueError: The numbers of hypotheses and references differ.
    """
    return Counts(_rows(_bleu(tokenize, lowercase), hypotheses, references), _bleu_of)


def bleu_signature(tokenize: str = DEFAULT_TOKENIZER, *, lowercase: bool = False) -> str:
    """Return sacrebleu's signature of `bleu`: case, tokenizer, smoothing, version."""
    return _signature(_bleu(tokenize, lowercase))


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> Counts:
    """Compute corpus chrF++ in percent: character orders 1 to 6, word orders 1 and 2, beta 2.

    Args, errors: as for `bleu`, without a tokenizer.

    Returns:
        Rows [sentences, 24]: for each of the 8 orders the number of n-grams in the hypothesis, in
        the reference and in both; and the score of their sums. The score of a single row is
        sentence chrF++.
    """
    return Counts(_rows(_chrf(), hypotheses, references), _chrf_of)


def chrf_signature() -> str:
    """Return sacrebleu's signature of `chrf`."""
    return _signature(_chrf())


def length_ratio(bleu_counts: Counts) -> Counts:
    """Compute hypothesis tokens in percent of reference tokens, from the counts of `bleu`."""
    return Counts(bleu_counts.rows[:, :2], _length_ratio)


def perplexity(log_probs: ArrayLike, token_counts: ArrayLike) -> Counts:
    """Compute perplexity: exp(-mean log-probability of a token).

    Args:
        log_probs: [sentences], natural log-probability of each reference, summed over its tokens.
        token_counts: [sentences], number of tokens of each reference, including the end token.

    Returns:
        Rows [sentences, 2] and their score; lower is better, the minimum is 1.

    Raises:
        ValueError: The shapes differ, a log-probability is above 0 or not finite, or a sentence has
            no tokens.
    """
    logs, tokens = np.asarray(log_probs, np.float64), np.asarray(token_counts, np.float64)
    if logs.ndim != 1 or logs.shape != tokens.shape:
        raise ValueError(
            "expected a log-probability and a number of tokens for each sentence; received shapes"
            f" {logs.shape} and {tokens.shape}"
        )
    if not np.all(np.isfinite(logs) & (logs <= 0)) or not np.all(tokens >= 1):
        raise ValueError("expected finite log-probabilities <= 0 and at least one token each")
    return Counts(np.stack([logs, tokens], axis=1), _perplexity)


@functools.cache
def _bleu(tokenize: str, lowercase: bool) -> BLEU:
    """Return the metric; `force` disables sacrebleu's log warning about tokenised text."""
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
    """Return the counts of each sentence, [sentences, counts].

    sacrebleu has no public function for these counts; the tests compare the results with it.
    """
    if len(hypotheses) != len(references):
        raise ValueError(
            f"expected a reference for each hypothesis; received {len(hypotheses)} hypotheses and"
            f" {len(references)} references"
        )
    width = 2 + 2 * ORDERS if isinstance(metric, BLEU) else 3 * (CHARACTER_ORDERS + WORD_ORDERS)
    statistics = metric._extract_corpus_statistics(list(hypotheses), [list(references)])
    return np.array(statistics, np.int64).reshape(-1, width)


def _signature(metric: BLEU | CHRF) -> str:
    metric.corpus_score([""], [[""]])  # sets the number of references per sentence
    return str(metric.get_signature())


def _bleu_of(sums: FloatArray) -> FloatArray:
    """Map sums [..., 10] to BLEU [...].

    The first order without matches counts as 1/2 match, the next as 1/4, and so on (smoothing of
    mteval-v13a). BLEU is 0 if no n-gram matches or an order has no n-grams.
    """
    lengths, matches, totals = sums[..., :2], sums[..., 2 : 2 + ORDERS], sums[..., 2 + ORDERS :]
    no_match = matches == 0
    smoothed = np.where(no_match, 0.5 ** np.cumsum(no_match, axis=-1), matches)
    precisions = smoothed / np.maximum(totals, 1)
    brevity = np.exp(np.minimum(0.0, 1 - lengths[..., 1] / np.maximum(lengths[..., 0], 1)))
    score = 100.0 * brevity * np.exp(np.log(precisions).mean(axis=-1))
    result: FloatArray = np.where(np.any(matches, axis=-1) & np.all(totals, axis=-1), score, 0.0)
    return result


def _chrf_of(sums: FloatArray) -> FloatArray:
    """Map sums [..., 24] to chrF++ [...]: F-score of mean precision and recall over the orders."""
    hypothesis, reference, both = np.moveaxis(sums.reshape(*sums.shape[:-1], -1, 3), -1, 0)
    present = (hypothesis > 0) & (reference > 0)
    orders = np.maximum(present.sum(axis=-1), 1)
    precision = np.where(present, both / np.maximum(hypothesis, 1), 0.0).sum(axis=-1) / orders
    recall = np.where(present, both / np.maximum(reference, 1), 0.0).sum(axis=-1) / orders
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
    with np.errstate(over="ignore"):  # infinite if the model gives the reference almost no mass
        result: FloatArray = np.exp(-sums[..., 0] / np.maximum(sums[..., 1], 1))
    return result
