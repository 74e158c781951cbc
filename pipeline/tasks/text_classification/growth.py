"""Add labels and pieces to a trained classifier: old ids stay, and the weights grow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from pipeline.task import Axis, Layout, Vocabularies
from pipeline.tasks.text_classification.model import LABEL_THRESHOLDS
from pipeline.tasks.text_classification.records import TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings
from pipeline.tasks.text_classification.tokenizer import count_terms, normalized_texts
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
LABEL_SCALES = {"wide/scale": (None, "labels")}  # if each label has its own scale


def grow(
    settings: TextClassificationSettings,
    vocabularies: Vocabularies,
    old: Sequence[TextRecord],
    new: Sequence[TextRecord],
) -> Vocabularies:
    """Return the vocabularies with the labels and pieces of new records appended."""
    labels = sorted({label for record in new for label in record["labels"]})
    result: dict[str, Any] = {"labels": extend_terms(vocabularies["labels"], labels)}
    if "pieces" in vocabularies:
        result["pieces"] = _grow_pieces(settings, vocabularies["pieces"], old, new)
    return result


def _grow_pieces(
    settings: TextClassificationSettings,
    known: Any,
    old: Sequence[TextRecord],
    new: Sequence[TextRecord],
) -> bytes | list[str]:
    tokenizer, retrain = settings.tokenizer, settings.retrain
    texts = (record["text"] for record in new)
    if tokenizer.kind != "subwords":
        terms = list_terms(count_terms(tokenizer, texts), tokenizer.min_count)
        return extend_terms(known, terms)
    if retrain.subwords == "keep":
        return bytes(known)
    if retrain.subwords == "retrain":
        all_texts = normalized_texts(tokenizer, (record["text"] for record in [*old, *new]))
        return train_subwords(all_texts, tokenizer.vocabulary_size, tokenizer.subword_model)
    new_texts = normalized_texts(tokenizer, texts)
    return extend_subwords(
        known, new_texts, retrain.new_pieces, retrain.piece_count, tokenizer.subword_model
    )


def layout(settings: TextClassificationSettings, vocabularies: Vocabularies) -> Layout:
    """Return which weights grow with these vocabularies.

    A new subword starts from the mean of the old pieces that it was split into, a new word or
    character from `<unk>`.
    """
    axes = {"labels": Axis(vocabularies["labels"])}
    pieces = vocabularies.get("pieces")
    if isinstance(pieces, bytes):
        axes["pieces"] = Axis(piece_names(pieces), partial(encode_pieces, pieces))
    elif pieces is not None:
        axes["pieces"] = Axis(pieces, lambda terms: [[UNKNOWN_ID] for _ in terms])
    scale_per_label = settings.ngrams.weighting == "naive_bayes"
    return Layout(axes, {**WEIGHTS, **(LABEL_SCALES if scale_per_label else {})}, {THRESHOLDS})
