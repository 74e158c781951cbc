"""The baseline: a memory of the training pairs, no neural network.

The answer to a text is the stored translation of the training text that is most like it, by the
cosine of TF-IDF vectors of n-grams; what a translation memory gives without an editor, and the
oldest idea of translating by examples (Nagao 1984). What a model is worth shows beside it. It needs
the optional packages of the extra `baseline`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.tasks.translation.languages import DENSE
from pipeline.tasks.translation.records import PairAnswer, PairRecord
from pipeline.text.scripts import count_scripts

ROWS = 256  # texts that are compared with all of train at a time


def baseline(
    settings: Any, train: Iterable[PairRecord], records: Sequence[PairRecord]
) -> list[PairAnswer]:
    """Answers `records`, in their order, from the pairs of `train`.

    An answer has the form of the model's; its score is the cosine, 0 where nothing is alike, and
    of equally near training texts the first one's translation counts.

    Raises:
        InputError: The packages of the extra `baseline` are not installed, or no training text is
            long enough to have an n-gram.
    """
    packages = _packages()
    known = list(train)
    texts = [record["text"] for record in known]
    vectorizer = _vectorizer(packages, texts)
    try:
        memory = vectorizer.fit_transform(texts).T.tocsc()
    except ValueError as error:
        raise InputError(f"the baseline finds no n-grams in the training texts: {error}") from error
    answers: list[PairAnswer] = []
    for start in range(0, len(records), ROWS):
        rows = records[start : start + ROWS]
        alike = (vectorizer.transform([record["text"] for record in rows]) @ memory).toarray()
        best = alike.argmax(axis=1)
        answers += [
            _answer(record["text"], known[place]["target"], float(row[place]))
            for record, place, row in zip(rows, best, alike, strict=True)
        ]
    return answers


def _answer(text: str, translation: str, score: float) -> PairAnswer:
    return {
        "text": text,
        "translation": translation,
        "score": round(float(np.clip(score, 0, 1)), 6),
        "segments": 1,
        "truncated": False,
    }


def _vectorizer(packages: Any, texts: Sequence[str]) -> Any:
    """Words and pairs of words; of scripts without spaces characters 1 to 3."""
    tfidf = packages.TfidfVectorizer
    letters = sum(count_scripts(text).total() for text in texts)
    if 2 * sum(len(DENSE.findall(text)) for text in texts) > letters:
        return tfidf(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    return tfidf(token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2), sublinear_tf=True)


def _packages() -> Any:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        raise InputError(
            f"the baseline needs {error.name}, which is not installed; install the extra"
            " `baseline`: pip install scikit-learn sklearn-crfsuite"
        ) from error
    return SimpleNamespace(TfidfVectorizer=TfidfVectorizer)
