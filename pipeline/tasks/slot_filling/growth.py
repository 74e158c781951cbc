"""New words and labels in a trained tagger: vocabularies that keep their ids, weights by axis."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.task import Axis, Layout, Vocabularies
from pipeline.tasks.slot_filling.records import UtteranceRecord, tag_names
from pipeline.tasks.slot_filling.settings import SlotFillingSettings
from pipeline.tasks.slot_filling.tokenizer import vocabularies_of
from pipeline.text.vocabulary import UNKNOWN_ID, extend_terms

WEIGHTS: dict[str, tuple[str | None, ...]] = {
    "word_dropout_*/counts": ("words",),
    "word_embedding_*/embeddings": ("words", None),
    "characters_of_word_*/embedding/embeddings": ("characters", None),
    "tags_*/kernel": (None, "tags"),
    "tags_*/bias": ("tags",),
    "tags_*/feedback": ("tags", None),  # it and the next two: of a tagger that reads its own tags
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
    """The vocabularies with the words, characters, slots and intents of new records behind them."""
    del old  # what it brings is there
    found = vocabularies_of(settings, new)
    return {name: extend_terms(terms, found[name]) for name, terms in vocabularies.items()}


def layout(settings: SlotFillingSettings, vocabularies: Vocabularies) -> Layout:
    """A new word or character starts from `<unk>`, as which the model has read it until now."""
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
