"""Before training: set the target pieces that a search considers for each source piece."""

from __future__ import annotations

from collections.abc import Iterable

import tensorflow as tf

from pipeline.tasks.translation.lexicon import commonest, shortlists
from pipeline.tasks.translation.model import Translator
from pipeline.tasks.translation.records import PairRecord
from pipeline.tasks.translation.settings import TranslationSettings
from pipeline.tasks.translation.tokenizer import PairTokenizer, groups


def fit_shortlists(
    settings: TranslationSettings,
    tokenizer: PairTokenizer,
    model: Translator,
    records: Iterable[PairRecord],
) -> None:
    """Set the shortlists of a model that has them (`decoding.shortlist`)."""
    if not settings.decoding.shortlist:
        return
    pairs = []
    for group in groups(records):
        sides = (tf.constant([record[side] for record in group]) for side in ("text", "target"))
        source, target = (ids.numpy() for ids in tokenizer.pairs(*sides))
        pairs += list(zip(source, target, strict=True))
    shape = model.shortlist.shape
    targets = tokenizer.target.size
    model.shortlist.assign(shortlists(pairs, shape[0], targets, shape[1]))
    common = commonest(pairs, targets, model.common.shape[0])
    model.common.assign([*common, *[-1] * (model.common.shape[0] - len(common))])
