"""Add words and labels to a trained tagger: old ids stay, and the weights grow."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.task import Axis, Layout, Vocabularies
from pipeline.tasks.slot_filling.records import UtteranceRecord, tag_names
from pipeline.tasks.slot_filling.settings import SlotFillingSettings
from pipeline.tasks.slot_filling.tokenizer import collect_vocabularies
from pipeline.text.vocabulary import UNKNOWN_ID, extend_terms

WEIGHTS: dict[str, tuple[str | None, ...]] = {
    "word_dropout_*/counts": ("words",),
    "word_embedding_*/embeddings": ("words", None),
    "characters_of_word_*/embedding/embeddings": ("characters", None),
    "tags_*/kernel": (None, "tags"),
    "tags_*/bias": ("tags",),
    "tags_*/feedback": (
        "tags",
        None,
    ),  # this and the next two belong to a tagger that feeds its tags back
    "tags_*/logits/kernel": (None, "tags"),
    "tags_*/logits/bias": ("tags",),
    "intent_*/kernel": (None, "intents"),
    "intent_*/bias": ("intents",),
    "said_*/weights": (None, "intents"),
    "said_*/bias": ("intents",),
    "interaction_*/intent_of_tags": ("tags", "intents"),
    "interaction_*/tags_of_intent": ("intents", "tags"),
    "crf/transitions": ("tags", "tags"),
    "crf/starts": ("tags",),
    "crf/ends": ("tags",),
}


def grow(
    settings: SlotFillingSettings,
    vocabularies: Vocabularies,
    old: Sequence[UtteranceRecord],
    new: Sequence[UtteranceRecord],
) -> Vocabularies:
    """Return the vocabularies with words, characters, slots and intents of new records appended."""
    del old  # its terms are in the vocabularies already
    added = collect_vocabularies(settings, new)
    return {name: extend_terms(terms, added[name]) for name, terms in vocabularies.items()}


def layout(settings: SlotFillingSettings, vocabularies: Vocabularies) -> Layout:
    """Return which weights grow with these vocabularies.

    A new word or character starts from the weights of `<unk>`, as which the model read it so far.
    """
    del settings
    return Layout(
        axes={
            "words": Axis(vocabularies["words"], _unknown),
            "characters": Axis(vocabularies["characters"], _unknown),
            "tags": Axis(tag_names(vocabularies["slots"])),
            "intents": Axis(vocabularies["intents"]),
        },
        weights=WEIGHTS,
    )


def _unknown(terms: Sequence[str]) -> list[list[int]]:
    return [[UNKNOWN_ID] for _ in terms]
