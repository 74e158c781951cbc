"""The baseline: a translation memory of the training pairs.

The answer to a text is the translation of the most similar training text, by the cosine of TF-IDF
vectors of n-grams: a translation memory without an editor, the oldest form of translation by
examples (Nagao 1984). It shows what a neural model is worth on the same data. It needs the optional
packages of the extra `baseline`.
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

ROWS = 256  # texts that are compared with train at a time


def baseline(
    settings: Any, train: Iterable[PairRecord], records: Sequence[PairRecord]
) -> list[PairAnswer]:
    """Answer `records`, in their order, from the pairs of `train`.

    An answer has the form of the model's. Its score is the cosine, 0 if nothing is similar. Of
    equally similar training texts the first one is used.

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
        raise InputError(
            f"the training texts contain no n-grams for the baseline: {error}"
        ) from error
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
    """Return a vectorizer of words and word pairs, or of 1 to 3 characters without spaces."""
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
