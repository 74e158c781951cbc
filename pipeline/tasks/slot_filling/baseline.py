"""The baseline: a linear-chain CRF for slots and a linear SVM for the intent.

These classic models train in a minute or two and show what a neural model is worth on the same
data: Lafferty et al. 2001 with the usual features of a word and its neighbours, and Joachims 1998
on n-grams of words and characters. They need the optional packages of the extra `baseline`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from pipeline.errors import InputError
from pipeline.metrics.spans import chunks
from pipeline.tasks.slot_filling.records import (
    SlotAnswer,
    Utterance,
    UtteranceAnswer,
    UtteranceRecord,
    from_record,
)
from pipeline.tasks.slot_filling.settings import SlotFillingSettings
from pipeline.tasks.slot_filling.token_spans import Offsets, bio_tags, token_offsets

WINDOW = 2
AFFIX = 4

Features = dict[str, Any]
Words = Sequence[str]


def baseline(
    settings: SlotFillingSettings,
    train: Iterable[UtteranceRecord],
    records: Sequence[UtteranceRecord],
) -> list[UtteranceAnswer]:
    """Fit CRF and SVM on `train` and answer `records`, in their order.

    Tokens are the source's if it has any, else this project's. An answer has the form of the
    model's answer, without scores; a span that begins with `I-` is marked `stray`.

    Raises:
        InputError: The packages of the extra `baseline` are not installed.
    """
    del settings  # the baseline is not tuned
    packages = _packages()
    examples = [from_record(record) for record in train]
    test = [from_record(record) for record in records]
    known, offsets = token_offsets(examples), token_offsets(test)
    train_words, words = _surfaces(examples, known), _surfaces(test, offsets)
    gold = [
        bio_tags(example.spans, tokens) for example, tokens in zip(examples, known, strict=True)
    ]
    tagged = _tag(packages, train_words, gold, words)
    intents = _intents(packages, train_words, [example.intent for example in examples], words)
    return [
        {"text": example.text, "intent": {"label": intent}, "slots": _slots(example, tokens, tags)}
        for example, tokens, tags, intent in zip(test, offsets, tagged, intents, strict=True)
    ]


def features(words: Words) -> list[Features]:
    """Return the CRF's features of each token: its own, and those of up to two neighbours."""
    own = [_word_features(word) for word in words]
    return [
        {
            "bias": 1.0,
            "begins": position == 0,
            "ends": position == len(words) - 1,
            **own[position],
            **_neighbour_features(words, position),
        }
        for position in range(len(words))
    ]


def _word_features(word: str) -> Features:
    lower = word.casefold()
    affixes = {f"starts {n}": lower[:n] for n in range(1, AFFIX + 1) if len(lower) >= n}
    affixes |= {f"ends {n}": lower[-n:] for n in range(1, AFFIX + 1) if len(lower) >= n}
    return {"word": lower, "shape": shape(word), **affixes}


def _neighbour_features(words: Words, position: int) -> Features:
    result: Features = {}
    for step in (*range(-WINDOW, 0), *range(1, WINDOW + 1)):
        if 0 <= position + step < len(words):
            near = words[position + step]
            result |= {f"{step} word": near.casefold(), f"{step} shape": shape(near)}
    for left, right in ((-1, 0), (0, 1)):
        pair = words[max(position + left, 0) : position + right + 1]
        if len(pair) == 2:
            result[f"{left} {right} words"] = " ".join(pair).casefold()
    return result


def shape(word: str) -> str:
    """Return the shape of a word, with runs of one kind collapsed: `Boeing-747` is `Xx-0`."""
    kinds = re.sub(r"\d+", "0", word)
    kinds = re.sub(r"[^\W\d_]", lambda m: "X" if m[0].isupper() else "x", kinds)
    return re.sub(r"X+", "X", re.sub(r"x+", "x", kinds))


def _tag(
    packages: Any, train: Sequence[Words], gold: Sequence[list[str]], test: Sequence[Words]
) -> list[list[str]]:
    model = packages.CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=100)
    model.fit([features(words) for words in train], gold)
    tags: list[list[str]] = model.predict([features(words) for words in test])
    return tags


def _intents(
    packages: Any, train: Sequence[Words], gold: Sequence[str], test: Sequence[Words]
) -> list[str]:
    if len(set(gold)) == 1:  # an SVM needs two classes
        return [gold[0]] * len(test)
    features = packages.make_union(
        packages.TfidfVectorizer(
            tokenizer=str.split, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True
        ),
        packages.TfidfVectorizer(analyzer="char", ngram_range=(2, 5), sublinear_tf=True),
    )
    model = packages.make_pipeline(features, packages.LinearSVC(random_state=0))
    model.fit([" ".join(words) for words in train], gold)
    return [str(label) for label in model.predict([" ".join(words) for words in test])]


def _surfaces(examples: Sequence[Utterance], offsets: Sequence[Offsets]) -> list[Words]:
    pairs = zip(examples, offsets, strict=True)
    return [[example.text[start:end] for start, end in tokens] for example, tokens in pairs]


def _slots(example: Utterance, offsets: Offsets, tags: Sequence[str]) -> list[SlotAnswer]:
    slots: list[SlotAnswer] = []
    for slot, first, stop in chunks(tags):
        start, end = offsets[first][0], offsets[stop - 1][1]
        value = example.text[start:end]
        answer: SlotAnswer = {"slot": slot, "value": value, "start": start, "end": end}
        if tags[first].startswith("I-"):
            answer["stray"] = True
        slots.append(answer)
    return slots


def _packages() -> Any:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.svm import LinearSVC
        from sklearn_crfsuite import CRF
    except ImportError as error:
        raise InputError(
            f"the baseline needs {error.name}, which is not installed; install the extra"
            " `baseline`: pip install scikit-learn sklearn-crfsuite"
        ) from error
    return SimpleNamespace(
        CRF=CRF,
        LinearSVC=LinearSVC,
        TfidfVectorizer=TfidfVectorizer,
        make_pipeline=make_pipeline,
        make_union=make_union,
    )
