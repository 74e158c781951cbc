"""Add new pieces to a trained translator; old pieces keep their ids."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from pipeline.config import data_path
from pipeline.report.terminal import note
from pipeline.task import Axis, Layout, Vocabularies
from pipeline.tasks.translation.records import PairRecord
from pipeline.tasks.translation.settings import BOTH, GLOSSARY, SOURCE, TARGET, TranslationSettings
from pipeline.tasks.translation.tokenizer import fit_pieces, texts_of
from pipeline.text.extending import extend_subwords
from pipeline.text.glossary import extend_glossary, read_glossary
from pipeline.text.piece_files import encode_pieces, piece_names
from pipeline.text.protect import PLACEHOLDERS


def grow(
    settings: TranslationSettings,
    vocabularies: Vocabularies,
    old: Sequence[PairRecord],
    new: Sequence[PairRecord],
) -> Vocabularies:
    """Append the pieces of new pairs and new glossary terms to the vocabularies.

    Raises:
        InputError: The translation of a glossary term has changed.
    """
    glossary = _glossary(settings, vocabularies)
    pieces = {name: known for name, known in vocabularies.items() if name != GLOSSARY}
    return {**_pieces(settings, pieces, old, new), **glossary}


def _glossary(settings: TranslationSettings, vocabularies: Vocabularies) -> Vocabularies:
    """Keep the old terms if the glossary file is not available; log it."""
    listed, known = settings.data.glossary, vocabularies.get(GLOSSARY, [])
    if not listed:
        return {GLOSSARY: known} if known else {}
    file = data_path(listed)
    if known and not file.is_file():
        note(f"{file}: not here; the {len(known):,} terms that travel with the version are used")
        return {GLOSSARY: known}
    return {GLOSSARY: extend_glossary(known, read_glossary(file))}


def _pieces(
    settings: TranslationSettings,
    vocabularies: Vocabularies,
    old: Sequence[PairRecord],
    new: Sequence[PairRecord],
) -> dict[str, Any]:
    cut, retrain = settings.tokenizer, settings.retrain
    if retrain.subwords == "keep":
        return dict(vocabularies)
    if retrain.subwords == "retrain":
        return fit_pieces(settings.tokenizer, [*old, *new])
    return {
        name: extend_subwords(
            vocabularies[name],
            texts,
            retrain.new_pieces,
            retrain.piece_count,
            cut.subword_model,
            PLACEHOLDERS,
        )
        for name, texts in texts_of(cut, new).items()
    }


def layout(settings: TranslationSettings, vocabularies: Vocabularies) -> Layout:
    """Return the layout; a new piece starts from the mean of the pieces it was split into."""
    source, target = (BOTH, BOTH) if settings.tokenizer.joint else (SOURCE, TARGET)
    axes = {
        name: Axis(piece_names(pieces), partial(encode_pieces, pieces))
        for name, pieces in vocabularies.items()
        if name != GLOSSARY
    }
    weights: dict[str, tuple[str | None, ...]] = {
        "source_embedding/embeddings": (source, None),
        "translator/target_embedding/embeddings": (target, None),
        "target_embedding/embeddings": (target, None),  # shared with the source
        "pieces/kernel": (target, None),
        "pieces/bias": (target,),
        "translator/shortlist": (source, None),
    }
    return Layout(axes, weights)
