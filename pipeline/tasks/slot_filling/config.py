"""The settings of a slot filling config file, with their defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config import ExportSettings, Section, SplitSettings, TrainSettings, Words


class ColumnSettings(Section):
    """Keys of a JSONL object, or column names of a table (which has `tags` instead of `slots`)."""

    text: str = "text"
    intent: str = "intent"
    slots: str = "slots"
    tags: str = "tags"


class DataSettings(Section):
    """Where the utterances are.

    `files` maps a split to a file (`jsonl`, `smp`, `table`) or a folder (`triples`); `train` is
    required, `valid` and `test` are carved out of it where absent, other names are further splits
    for evaluation. `overlaps` says what becomes of spans that repeat or overlap: `refuse` makes
    them errors, `keep_longest` drops exact repeats, then the shorter of two overlapping spans.
    `roles` names the slots that hold the same kind of value in different roles, such as the two
    cities of a flight; `role_accuracy` is about these. `names` are further slots whose values are
    proper names, of which there are always more than training shows.
    """

    format: Literal["jsonl", "triples", "smp", "table"]
    files: dict[str, str]
    columns: ColumnSettings = ColumnSettings()
    overlaps: Literal["refuse", "keep_longest"] = "refuse"
    split: SplitSettings = SplitSettings()
    roles: Words = ()
    names: Words = ()


class TokenizerSettings(Section):
    """`min_count`: times a word must occur in train to be in the vocabulary.

    `max_characters`: characters of a word that the character features see.
    """

    min_count: int = Field(1, ge=1)
    max_characters: int = Field(16, ge=1)


class ModelSettings(Section):
    """The bidirectional LSTM tagger; dropout rates act in training alone.

    `crf` scores whole tag sequences (which tag may follow which) instead of each token for itself.

    `word_dropout` replaces whole words by `<unk>`, so that the model learns to read a word it does
    not know from its context; `character_dropout` hides their spelling too.
    """

    word_dim: int = Field(128, ge=1)
    character_dim: int = Field(32, ge=1)
    character_filters: int = Field(64, ge=1)
    hidden_dim: int = Field(160, ge=1)
    crf: bool = True
    dropout: float = Field(0.3, ge=0, lt=1)
    word_dropout: float = Field(0.2, ge=0, lt=1)
    character_dropout: float = Field(0.15, ge=0, lt=1)


class SlotTrainSettings(TrainSettings):
    """What is redrawn each time an utterance is seen, so that the model learns the cue.

    `redrawn_values`: share of slot values replaced by others of their kind and script;
    `blended_values`: share of these, in slots of names, made up of tokens of several;
    `borrowed_values`: share of these, in slots of names, made up of any words;
    `masked_values`: share of slot values replaced by unknown tokens;
    `masked_context`: share of the other tokens made unknown, so that an unknown token is no sign
    of a value.
    """

    redrawn_values: float = Field(0.5, ge=0, le=1)
    blended_values: float = Field(0.2, ge=0, le=1)
    borrowed_values: float = Field(0.1, ge=0, le=1)
    masked_values: float = Field(0.1, ge=0, le=1)
    masked_context: float = Field(0.05, ge=0, le=1)


class SlotFillingSettings(Section):
    """A whole config file."""

    task: Literal["slot_filling"]
    data: DataSettings
    tokenizer: TokenizerSettings = TokenizerSettings()
    model: ModelSettings = ModelSettings()
    train: SlotTrainSettings = SlotTrainSettings()
    export: ExportSettings = ExportSettings()
