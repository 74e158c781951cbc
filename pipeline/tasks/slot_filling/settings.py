"""The settings of a slot filling config file, with their defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.config import (
    TUNE,
    DataSection,
    ExportSettings,
    Range,
    RejectSettings,
    RetrainSettings,
    Section,
    SplitSettings,
    TaskSettings,
    TrainSettings,
    TuneSettings,
    Words,
)

READ_BACKWARD = ("elman", "lstm", "gru")
FEED_TAGS_BACK = ("jordan", "elman_jordan")
GOLD_TAGS = "gold_tags"  # an input of such a model, besides words and characters

# What `tune` searches if a config names nothing.
SPACE: TuneSettings = {
    "train.learning_rate": Range(low=0.001, high=0.01, log=True),
    "train.batch_size": [16, 32, 64],
    "model.hidden_dim": [96, 160, 256],
    "model.dropout": Range(low=0.1, high=0.6),
    "model.word_dropout": Range(low=0.0, high=0.4),
}


class ColumnSettings(Section):
    """Keys of a JSONL object, or column names of a table (which has `tags` instead of `slots`)."""

    text: str = Field("text", description="Key or column of the utterance.")
    intent: str = Field("intent", description="Key or column of the intent.")
    slots: str = Field("slots", description="Key of the list of slots in a JSONL object.")
    tags: str = Field("tags", description="Column of the tags in a table.")


class DataSettings(DataSection):
    """Where the utterances are and how they are annotated."""

    format: Literal[
        "jsonl", "triples", "conll", "table", "inline", "rasa", "smp", "doccano", "label_studio"
    ] = Field(description="Format of the files (`docs/formats.md`); `init` detects it.")
    files: dict[str, str] = Field(
        description="The file or, for `triples`, folder of each split. `train` is required; a"
        " missing `valid` or `test` is taken from it; other names are further splits to evaluate."
    )
    columns: ColumnSettings = ColumnSettings()
    intent: str = Field(
        "",
        description="Intent of utterances that have none in the data; empty rejects them.",
    )
    overlaps: Literal["refuse", "keep_longest"] = Field(
        "refuse",
        description="How to treat spans that repeat or overlap: `refuse` makes them errors,"
        " `keep_longest` drops exact repeats, then the shorter of two overlapping spans.",
    )
    split: SplitSettings = SplitSettings()
    roles: Words = Field(
        (),
        description="Slots that hold the same kind of value in different roles, such as the two"
        " cities of a flight; `role_accuracy` is computed on them.",
    )
    names: Words = Field(
        (),
        description="Further slots whose values are proper names, which training never shows"
        " completely.",
    )


class TokenizerSettings(Section):
    """How words become vocabulary entries and character features."""

    min_count: int = Field(
        1, ge=1, description="Times that a training word must occur to enter the vocabulary."
    )
    max_characters: int = Field(
        16, ge=1, description="Characters of a word that the character features read."
    )


class ModelSettings(Section):
    """The encoder that reads the text, and the layers that tag it; dropout is for training."""

    word_dim: int = Field(128, ge=1, description="Size of a word embedding.")
    character_dim: int = Field(32, ge=1, description="Size of a character embedding.")
    character_filters: int = Field(
        64, ge=1, description="Filters of the convolution over the characters of a word."
    )
    shape_dim: int = Field(
        8, ge=1, description="Size of the embedding of a word's shape (capitals, digits)."
    )
    encoder: Literal[
        "feed_forward",
        "window",
        "elman",
        "jordan",
        "elman_jordan",
        "lstm",
        "gru",
        "convolution",
        "self_attention",
    ] = Field(
        "lstm",
        description="How a token's state sees the other tokens (`docs/recurrent-ladder.md`)."
        " `jordan` and `elman_jordan` feed each tag back, so they need `crf: false`.",
    )
    hidden_dim: int = Field(160, ge=1, description="Size of the encoder's state in one direction.")
    bidirectional: bool | None = Field(
        None,
        description="Whether `elman`, `lstm` and `gru` also read backward; null means yes for"
        " these.",
    )
    depth: int = Field(1, ge=1, description="Layers of the encoder.")
    radius: int = Field(
        2, ge=1, description="Tokens on each side that a window or a convolution layer sees."
    )
    heads: int = Field(4, ge=1, description="Heads of self-attention.")
    attention_blocks: int = Field(
        0, ge=0, description="Blocks of self-attention over the encoder's states; 0 means none."
    )
    intent_gain: float = Field(
        2.0,
        gt=0,
        description="Length of the n-gram vector of a text in the linear layer for the intent; the"
        " longer, the faster that layer learns.",
    )
    crf: bool = Field(
        True, description="Whether to score whole tag sequences (CRF) instead of single tags."
    )
    neighbour_dim: int = Field(
        0,
        ge=0,
        description="Size of a vector of hashed features of the neighbouring words, as in a classic"
        " CRF, that the tag scores use; 0 means none.",
    )
    interaction: bool = Field(
        False,
        description="Whether the intent scores use the tag scores and the tag scores the intent.",
    )
    members: int = Field(
        1,
        ge=1,
        description="Taggers in the ensemble (Hansen and Salamon 1990), whose scores are averaged;"
        " training and answering take as many times as long.",
    )
    dropout: float = Field(0.3, ge=0, lt=1, description="Dropout rate of embeddings and states.")
    word_dropout: float = Field(
        0.2, ge=0, lt=1, description="Share of the words replaced by `<unk>` in training."
    )
    rare_word_dropout: float = Field(
        0.0,
        ge=0,
        description="Strength of an additional replacement of rare training words by `<unk>`: a"
        " word that occurs this many times is replaced half of the time.",
    )
    character_dropout: float = Field(
        0.15, ge=0, lt=1, description="Share of the words whose characters are hidden in training."
    )
    shape_dropout: float = Field(
        0.2, ge=0, lt=1, description="Share of the words whose shape is hidden in training."
    )
    ngram_dropout: float = Field(
        0.3, ge=0, lt=1, description="Share of the intent's n-grams left out of a training step."
    )
    neighbour_dropout: float = Field(
        0.5, ge=0, lt=1, description="Share of the neighbour features left out of a training step."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> ModelSettings:
        if self.encoder in FEED_TAGS_BACK and (self.crf or self.depth > 1):
            raise ValueError(
                f"encoder {self.encoder} feeds its own tags back, token by token: expected"
                " crf: false and depth: 1"
            )
        if self.bidirectional and self.encoder not in READ_BACKWARD:
            raise ValueError(
                f"encoder {self.encoder} reads in one direction; expected bidirectional only with"
                f" {', '.join(READ_BACKWARD)}"
            )
        if self.encoder in FEED_TAGS_BACK and self.attention_blocks:
            raise ValueError(
                f"encoder {self.encoder} has no states to attend to; expected attention_blocks: 0"
            )
        # Two directions double the state, so the check of one direction covers both.
        attends = self.encoder == "self_attention" or self.attention_blocks
        if attends and self.hidden_dim % (2 * self.heads):
            raise ValueError(
                f"hidden_dim {self.hidden_dim} is not a multiple of 2 x heads = {2 * self.heads}"
            )
        return self


class SlotTrainSettings(TrainSettings):
    """How a model is trained, and what changes each time an utterance is shown.

    Changed values make the model learn a slot from its context.
    """

    redrawn_values: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of the slot values replaced by others of the same kind and script.",
    )
    blended_values: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Share of the replaced values, in slots of names, built from tokens of several"
        " values.",
    )
    borrowed_values: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Share of the replaced values, in slots of names, built from any words.",
    )
    masked_values: float = Field(
        0.1, ge=0, le=1, description="Share of the slot values replaced by unknown tokens."
    )
    masked_context: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Share of the tokens outside of values replaced by unknown tokens, so that an"
        " unknown token is no sign of a value.",
    )
    intent_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Label smoothing of the intent: the share of the target spread over all intents"
        " (Szegedy et al. 2016, section 7).",
    )


class SlotFillingSettings(TaskSettings):
    """All settings of a slot filling model."""

    task: Literal["slot_filling"] = Field(description="Name of the task.")
    data: DataSettings
    tokenizer: TokenizerSettings = TokenizerSettings()
    model: ModelSettings = ModelSettings()
    train: SlotTrainSettings = SlotTrainSettings()
    reject: RejectSettings = RejectSettings()
    export: ExportSettings = ExportSettings()
    tune: TuneSettings = Field(default_factory=dict, description=TUNE)
    retrain: RetrainSettings = RetrainSettings()
