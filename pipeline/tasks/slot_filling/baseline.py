"""The baseline: a linear-chain CRF for slots and a linear SVM for the intent, no neural network.

What a model is worth shows beside what these classics reach on the same data in a minute or two:
Lafferty et al. 2001 with the usual features of a word and its neighbours, and Joachims 1998 on
words and letters. They need the optional packages of the extra `baseline`.
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
from pipeline.tasks.slot_filling.token_spans import Offsets, bio, token_offsets

WINDOW = 2
AFFIX = 4

Features = dict[str, Any]
Words = Sequence[str]


def baseline(
    settings: SlotFillingSettings,
    train: Iterable[UtteranceRecord],
    records: Sequence[UtteranceRecord],
) -> list[UtteranceAnswer]:
    """Fits CRF and SVM on `train` and answers `records`, in their order.

    Tokens are the source's own where it has them, else this project's. An answer has the form of
    the model's, without scores; a span that opens with `I-` is marked `stray`.

    Raises:
        InputError: The packages of the extra `baseline` are not installed.
    """
    del settings  # it has none: a baseline that is tuned would be a model
    packages = _packages()
    examples = [from_record(record) for record in train]
    asked = [from_record(record) for record in records]
    known, offsets = token_offsets(examples), token_offsets(asked)
    train_words, words = _surfaces(examples, known), _surfaces(asked, offsets)
    gold = [bio(example.spans, tokens) for example, tokens in zip(examples, known, strict=True)]
    tagged = _tag(packages, train_words, gold, words)
    intents = _intents(packages, train_words, [example.intent for example in examples], words)
    return [
        {"text": example.text, "intent": {"label": intent}, "slots": _slots(example, tokens, tags)}
        for example, tokens, tags, intent in zip(asked, offsets, tagged, intents, strict=True)
    ]


def features(words: Words) -> list[Features]:
    """What the CRF sees of each token: itself in full, and its neighbours up to two away."""
    own = [_of_word(word) for word in words]
    return [
        {
            "bias": 1.0,
            "begins": place == 0,
            "ends": place == len(words) - 1,
            **own[place],
            **_neighbours(words, place),
        }
        for place in range(len(words))
    ]


def _of_word(word: str) -> Features:
    small = word.casefold()
    affixes = {f"starts {n}": small[:n] for n in range(1, AFFIX + 1) if len(small) >= n}
    affixes |= {f"ends {n}": small[-n:] for n in range(1, AFFIX + 1) if len(small) >= n}
    return {"word": small, "shape": shape(word), **affixes}


def _neighbours(words: Words, place: int) -> Features:
    found: Features = {}
    for step in (*range(-WINDOW, 0), *range(1, WINDOW + 1)):
        if 0 <= place + step < len(words):
            near = words[place + step]
            found |= {f"{step} word": near.casefold(), f"{step} shape": shape(near)}
    for left, right in ((-1, 0), (0, 1)):
        pair = words[max(place + left, 0) : place + right + 1]
        if len(pair) == 2:
            found[f"{left} {right} words"] = " ".join(pair).casefold()
    return found


def shape(word: str) -> str:
    """`Boeing-747` is `Xx-0`: capitals, small letters and digits, runs of one kind once."""
    kinds = re.sub(r"\d+", "0", word)
    kinds = re.sub(r"[^\W\d_]", lambda m: "X" if m[0].isupper() else "x", kinds)
    return re.sub(r"X+", "X", re.sub(r"x+", "x", kinds))


def _tag(
    packages: Any, train: Sequence[Words], gold: Sequence[list[str]], asked: Sequence[Words]
) -> list[list[str]]:
    model = packages.CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=100)
    model.fit([features(words) for words in train], gold)
    tags: list[list[str]] = model.predict([features(words) for words in asked])
    return tags


def _intents(
    packages: Any, train: Sequence[Words], gold: Sequence[str], asked: Sequence[Words]
) -> list[str]:
    if len(set(gold)) == 1:  # nothing to separate
        return [gold[0]] * len(asked)
    both = packages.make_union(
        packages.TfidfVectorizer(
            tokenizer=str.split, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True
        ),
        packages.TfidfVectorizer(analyzer="char", ngram_range=(2, 5), sublinear_tf=True),
    )
    model = packages.make_pipeline(both, packages.LinearSVC(random_state=0))
    model.fit([" ".join(words) for words in train], gold)
    return [str(label) for label in model.predict([" ".join(words) for words in asked])]


def _surfaces(examples: Sequence[Utterance], offsets: Sequence[Offsets]) -> list[Words]:
    pairs = zip(examples, offsets, strict=True)
    return [[example.text[start:end] for start, end in tokens] for example, tokens in pairs]


def _slots(example: Utterance, offsets: Offsets, tags: Sequence[str]) -> list[SlotAnswer]:
    found: list[SlotAnswer] = []
    for slot, first, stop in chunks(tags):
        start, end = offsets[first][0], offsets[stop - 1][1]
        value = example.text[start:end]
        answer: SlotAnswer = {"slot": slot, "value": value, "start": start, "end": end}
        if tags[first].startswith("I-"):
            answer["stray"] = True
        found.append(answer)
    return found


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
