"""The baseline: a linear support vector machine over TF-IDF of n-grams.

This classic model trains in a minute or two and shows what a neural model is worth on the same data
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

COST = 0.5  # C of the SVM; trusts rare n-grams less than the default of scikit-learn, 1
LONG_TEXT = 100  # words; above this, character n-grams add little but cost time
# Han, Hiragana and Katakana are written without spaces, so white space does not separate words.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
LETTER = re.compile(r"[^\W\d_]")

FloatArray = NDArray[np.float64]


def baseline(
    settings: TextClassificationSettings, train: Iterable[TextRecord], records: Sequence[TextRecord]
) -> list[TextAnswer]:
    """Fit the SVM on `train` and answer `records`, in their order.

    An answer has the form of the model's answer. Its scores are the softmax of the distances from
    the decision planes, or their sigmoids for multi-label data; they are not calibrated.

    Raises:
        InputError: The packages of the extra `baseline` are not installed, or no training text
            contains an n-gram.
    """
    packages = _packages()
    multi_label = settings.data.multi_label
    examples = list(train)
    texts = [record["text"] for record in examples]
    labels = sorted({label for record in examples for label in record["labels"]})
    vectorizer = _vectorizer(packages, texts)
    try:
        features = vectorizer.fit_transform(texts)
    except ValueError as error:
        raise InputError(
            f"the training texts contain no n-grams for the baseline: {error}"
        ) from error
    test = vectorizer.transform([record["text"] for record in records])
    gold = np.array([[label in record["labels"] for label in labels] for record in examples], bool)
    fit = _multi_label_distances if multi_label else _single_label_distances
    distances = fit(packages, features, gold, test)
    scores = 1 / (1 + np.exp(-distances)) if multi_label else _softmax(distances)
    return [
        _answer(record["text"], labels, row, multi_label)
        for record, row in zip(records, scores, strict=True)
    ]


def _single_label_distances(
    packages: Any, features: Any, gold: NDArray[np.bool_], test: Any
) -> FloatArray:
    """Return the distance of each test text from the plane of each label, [test, labels]."""
    if gold.shape[1] == 1:  # an SVM needs two classes
        return np.zeros((test.shape[0], 1))
    svm = packages.LinearSVC(C=COST, random_state=0).fit(features, gold.argmax(axis=1))
    distances: FloatArray = svm.decision_function(test)
    if distances.ndim == 1:  # with two labels there is one plane; positive is the second label
        return np.stack([np.zeros_like(distances), distances], axis=1)
    return distances


def _multi_label_distances(
    packages: Any, features: Any, gold: NDArray[np.bool_], test: Any
) -> FloatArray:
    """Fit an SVM for each label and return the distances as above, [test, labels]."""
    columns = []
    for has_label in gold.T:
        if has_label.all():
            columns.append(np.full(test.shape[0], 1.0))
            continue
        svm = packages.LinearSVC(C=COST, random_state=0).fit(features, has_label)
        columns.append(svm.decision_function(test))
    return np.stack(columns, axis=1)


def _vectorizer(packages: Any, texts: Sequence[str]) -> Any:
    """Return a TF-IDF vectorizer of words, pairs of words, and 2 to 5 characters.

    It has only words if texts are long, and only 1 to 3 characters in scripts without spaces.
    """
    tfidf = packages.TfidfVectorizer
    if _mostly_unspaced(texts):
        return tfidf(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    words = tfidf(tokenizer=_words, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True)
    if statistics.median(len(text.split()) for text in texts) > LONG_TEXT:
        return words
    characters = tfidf(analyzer="char", ngram_range=(2, 5), sublinear_tf=True)
    return packages.make_union(words, characters)


def _words(text: str) -> list[str]:
    """Return runs of letters and digits, and every other visible character by itself."""
    return re.findall(r"\w+|[^\w\s]", text)


def _mostly_unspaced(texts: Sequence[str]) -> bool:
    """Return whether more than half of the letters belong to scripts without spaces."""
    letters = sum(len(LETTER.findall(text)) for text in texts)
    return 2 * sum(len(UNSPACED.findall(text)) for text in texts) > letters


def _answer(text: str, labels: Sequence[str], scores: FloatArray, multi_label: bool) -> TextAnswer:
    best = int(scores.argmax())
    rounded = [round(float(score), 6) for score in scores]
    answer: TextAnswer = {"text": text, "label": labels[best], "score": rounded[best]}
    if multi_label:
        answer["labels"] = [
            label for label, score in zip(labels, scores, strict=True) if score >= 0.5
        ]
    return {**answer, "scores": dict(zip(labels, rounded, strict=True)), "rejected": False}


def _softmax(logits: FloatArray) -> FloatArray:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax: FloatArray = exponentials / exponentials.sum(axis=1, keepdims=True)
    return softmax


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
