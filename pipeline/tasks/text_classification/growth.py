"""New labels and pieces in a trained classifier: vocabularies keep their ids, weights by axis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from pipeline.task import Axis, Layout, Vocabularies
from pipeline.tasks.text_classification.model import LABEL_THRESHOLDS
from pipeline.tasks.text_classification.records import TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings
from pipeline.tasks.text_classification.tokenizer import counted_terms, normal_texts
from pipeline.text.extending import extend_subwords
from pipeline.text.piece_files import encode_pieces, piece_names
from pipeline.text.subwords import train_subwords
from pipeline.text.vocabulary import UNKNOWN_ID, extend_terms, list_terms

THRESHOLDS = f"{LABEL_THRESHOLDS}/thresholds"
WEIGHTS: dict[str, tuple[str | None, ...]] = {
    "embedding_*/embeddings": ("pieces", None),
    "deep_*/kernel": (None, "labels"),
    "deep_*/bias": ("labels",),
    "wide/weights": (None, "labels"),
    "wide/bias": ("labels",),
    THRESHOLDS: ("labels",),
}
SCALE_OF_LABELS = {"wide/scale": (None, "labels")}  # where each label has its own


def grow(
    settings: TextClassificationSettings,
    vocabularies: Vocabularies,
    old: Sequence[TextRecord],
    new: Sequence[TextRecord],
) -> Vocabularies:
    """The vocabularies with the labels and pieces of new records behind them."""
    found = {"labels": sorted({label for record in new for label in record["labels"]})}
    result: dict[str, Any] = {"labels": extend_terms(vocabularies["labels"], found["labels"])}
    if "pieces" in vocabularies:
        result["pieces"] = _pieces(settings, vocabularies["pieces"], old, new)
    return result


def _pieces(
    settings: TextClassificationSettings,
    known: Any,
    old: Sequence[TextRecord],
    new: Sequence[TextRecord],
) -> bytes | list[str]:
    cut, retrain = settings.tokenizer, settings.retrain
    texts = (record["text"] for record in new)
    if cut.kind != "subwords":
        return extend_terms(known, list_terms(counted_terms(cut, texts), cut.min_count))
    if retrain.subwords == "keep":
        return bytes(known)
    if retrain.subwords == "retrain":
        both = normal_texts(cut, (record["text"] for record in [*old, *new]))
        return train_subwords(both, cut.vocabulary_size, cut.subword_model)
    normal = normal_texts(cut, texts)
    return extend_subwords(
        known, normal, retrain.new_pieces, retrain.piece_count, cut.subword_model
    )


def layout(settings: TextClassificationSettings, vocabularies: Vocabularies) -> Layout:
    """A new piece starts from the mean of what it was cut into, a new word from `<unk>`."""
    axes = {"labels": Axis(vocabularies["labels"])}
    pieces = vocabularies.get("pieces")
    if isinstance(pieces, bytes):
        axes["pieces"] = Axis(piece_names(pieces), partial(encode_pieces, pieces))
    elif pieces is not None:
        axes["pieces"] = Axis(pieces, lambda terms: [[UNKNOWN_ID] for _ in terms])
    own_scale = settings.ngrams.weighting == "naive_bayes"
    return Layout(axes, {**WEIGHTS, **(SCALE_OF_LABELS if own_scale else {})}, {THRESHOLDS})
