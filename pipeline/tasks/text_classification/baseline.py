"""The baseline: n-grams and a linear support vector machine, no neural network.

What a model is worth shows beside what this classic reaches on the same data in a minute or two
(Joachims 1998, "Text categorization with support vector machines"). It needs the optional packages
of the extra `baseline`.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.tasks.text_classification.records import TextAnswer, TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings

COST = 0.5  # of a training text on the wrong side; less trust in rare n-grams than sklearn's 1
LONG = 100  # words; from here on characters add little but time
# Han, Hiragana and Katakana: written without spaces, so that white space finds no words.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
LETTER = re.compile(r"[^\W\d_]")

FloatArray = NDArray[np.float64]


def baseline(
    settings: TextClassificationSettings, train: Iterable[TextRecord], records: Sequence[TextRecord]
) -> list[TextAnswer]:
    """Fits the machine on `train` and answers `records`, in their order.

    Its distances from the dividing planes pass through a softmax (several labels a text: a sigmoid
    each), so that an answer has the form of the model's; these scores are not calibrated.

    Raises:
        InputError: The packages of the extra `baseline` are not installed, or no training text is
            long enough to have an n-gram.
    """
    packages = _packages()
    several = settings.data.multi_label
    known = list(train)
    texts = [record["text"] for record in known]
    labels = sorted({label for record in known for label in record["labels"]})
    vectorizer = _vectorizer(packages, texts)
    try:
        features = vectorizer.fit_transform(texts)
    except ValueError as error:
        raise InputError(f"the baseline finds no n-grams in the training texts: {error}") from error
    asked = vectorizer.transform([record["text"] for record in records])
    gold = np.array([[label in record["labels"] for label in labels] for record in known], bool)
    fit = _one_by_one if several else _together
    distances = fit(packages, features, gold, asked)
    scores = 1 / (1 + np.exp(-distances)) if several else _softmax(distances)
    return [
        _answer(record["text"], labels, row, several)
        for record, row in zip(records, scores, strict=True)
    ]


def _together(packages: Any, features: Any, gold: NDArray[np.bool_], asked: Any) -> FloatArray:
    """One label a text: the distance of each asked text to each label's side, [asked, labels]."""
    if gold.shape[1] == 1:  # nothing to separate
        return np.zeros((asked.shape[0], 1))
    machine = packages.LinearSVC(C=COST, random_state=0).fit(features, gold.argmax(axis=1))
    distances: FloatArray = machine.decision_function(asked)
    if distances.ndim == 1:  # of two labels, the distance to the second one's side
        return np.stack([np.zeros_like(distances), distances], axis=1)
    return distances


def _one_by_one(packages: Any, features: Any, gold: NDArray[np.bool_], asked: Any) -> FloatArray:
    """Several labels a text: a machine each, with the label or without, [asked, labels]."""
    columns = []
    for with_it in gold.T:
        if with_it.all():
            columns.append(np.full(asked.shape[0], 1.0))
            continue
        machine = packages.LinearSVC(C=COST, random_state=0).fit(features, with_it)
        columns.append(machine.decision_function(asked))
    return np.stack(columns, axis=1)


def _vectorizer(packages: Any, texts: Sequence[str]) -> Any:
    """Words and pairs of words, and characters 2 to 5.

    Of long texts words alone; of scripts without spaces characters 1 to 3 alone.
    """
    tfidf = packages.TfidfVectorizer
    if _mostly_unspaced(texts):
        return tfidf(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    words = tfidf(tokenizer=_words, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True)
    if statistics.median(len(text.split()) for text in texts) > LONG:
        return words
    characters = tfidf(analyzer="char", ngram_range=(2, 5), sublinear_tf=True)
    return packages.make_union(words, characters)


def _words(text: str) -> list[str]:
    """Runs of letters and digits, and every other visible character by itself."""
    return re.findall(r"\w+|[^\w\s]", text)


def _mostly_unspaced(texts: Sequence[str]) -> bool:
    letters = sum(len(LETTER.findall(text)) for text in texts)
    return 2 * sum(len(UNSPACED.findall(text)) for text in texts) > letters


def _answer(text: str, labels: Sequence[str], scores: FloatArray, several: bool) -> TextAnswer:
    best = int(scores.argmax())
    shares = [round(float(share), 6) for share in scores]
    answer: TextAnswer = {"text": text, "label": labels[best], "score": shares[best]}
    if several:
        answer["labels"] = [label for label, s in zip(labels, scores, strict=True) if s >= 0.5]
    return {**answer, "scores": dict(zip(labels, shares, strict=True)), "rejected": False}


def _softmax(logits: FloatArray) -> FloatArray:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    normed: FloatArray = shares / shares.sum(axis=1, keepdims=True)
    return normed


def _packages() -> Any:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union
        from sklearn.svm import LinearSVC
    except ImportError as error:
        raise InputError(
            f"the baseline needs {error.name}, which is not installed; install the extra"
            " `baseline`: pip install scikit-learn sklearn-crfsuite"
        ) from error
    return SimpleNamespace(
        LinearSVC=LinearSVC, TfidfVectorizer=TfidfVectorizer, make_union=make_union
    )
