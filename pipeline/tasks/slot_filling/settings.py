"""The settings of a slot filling config file, with their defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.config import (
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
GOLD_TAGS = "gold_tags"  # what such a model has as an input beside words and characters

# What `tune` searches where a config names nothing.
SPACE: TuneSettings = {
    "train.learning_rate": Range(low=0.001, high=0.01, log=True),
    "train.batch_size": [16, 32, 64],
    "model.hidden_dim": [96, 160, 256],
    "model.dropout": Range(low=0.1, high=0.6),
    "model.word_dropout": Range(low=0.0, high=0.4),
}


class ColumnSettings(Section):
    """Keys of a JSONL object, or column names of a table (which has `tags` instead of `slots`)."""

    text: str = "text"
    intent: str = "intent"
    slots: str = "slots"
    tags: str = "tags"


class DataSettings(DataSection):
    """Where the utterances are.

    `format` is one of those in `docs/formats.md`; `init` detects it. `files` maps a split to a file
    or, for `triples`, a folder; `train` is required, `valid` and `test` are carved out of it where
    absent, other names are further splits for evaluation. `intent` is given to utterances that
    state none; without it they are refused. `overlaps` says what becomes of spans that repeat or
    overlap: `refuse` makes them errors, `keep_longest` drops exact repeats, then the shorter of two
    overlapping spans.
    `roles` names the slots that hold the same kind of value in different roles, such as the two
    cities of a flight; `role_accuracy` is about these. `names` are further slots whose values are
    proper names, of which there are always more than training shows.
    """

    format: Literal[
        "jsonl", "triples", "conll", "table", "inline", "rasa", "smp", "doccano", "label_studio"
    ]
    files: dict[str, str]
    columns: ColumnSettings = ColumnSettings()
    intent: str = ""
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
    """What reads the text, and what tags it; dropout rates act in training alone.

    `encoder`: what a token's state knows of the others, see `docs/recurrent-ladder.md`. Of these
    `elman`, `lstm` and `gru` also read backward (`bidirectional`, their default) and in several
    layers (`depth`); `jordan` and `elman_jordan` feed each tag back, so they read forward alone
    and take no `crf`. `radius`: tokens to either side that a window, or one layer of a
    convolution, sees; `heads`: of self-attention.

    The intent has a second opinion: a linear layer over the n-grams of the text, hashed.
    `intent_gain` is the length of their vector (the longer, the faster that layer learns),
    `ngram_dropout` the share of n-grams left out at each step of training.

    `crf` scores whole tag sequences (which tag may follow which) instead of each token for itself.

    Beside the encoder's state, a token's tag can hear what stands around it word for word: the
    features of a classic CRF, hashed, in a vector of `neighbour_dim`; 0 = it does not.
    `neighbour_dropout`: share of these features left out at each step of training.

    `attention_blocks`: blocks of self-attention, with `heads`, over the encoder's states.

    `interaction`: the intent hears which tags there are, and the tags what the intent is.

    `members`: taggers side by side (an ensemble, Hansen and Salamon 1990), each with weights of its
    own, trained on the same batches; what answers is the mean of their scores. Training and
    answering take as many times as long.

    `word_dropout` replaces whole words by `<unk>`, so that the model learns to read a word it does
    not know from its context, `rare_word_dropout` those that training has once or twice above all:
    a word that occurs so often is replaced half of the time. `character_dropout` hides their
    spelling too, and `shape_dropout` whether they are capitalised.
    """

    word_dim: int = Field(128, ge=1)
    character_dim: int = Field(32, ge=1)
    character_filters: int = Field(64, ge=1)
    shape_dim: int = Field(8, ge=1)
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
    ] = "lstm"
    hidden_dim: int = Field(160, ge=1)
    bidirectional: bool | None = None
    depth: int = Field(1, ge=1)
    radius: int = Field(2, ge=1)
    heads: int = Field(4, ge=1)
    attention_blocks: int = Field(0, ge=0)
    intent_gain: float = Field(2.0, gt=0)
    crf: bool = True
    neighbour_dim: int = Field(0, ge=0)
    interaction: bool = False
    members: int = Field(1, ge=1)
    dropout: float = Field(0.3, ge=0, lt=1)
    word_dropout: float = Field(0.2, ge=0, lt=1)
    rare_word_dropout: float = Field(0.0, ge=0)
    character_dropout: float = Field(0.15, ge=0, lt=1)
    shape_dropout: float = Field(0.2, ge=0, lt=1)
    ngram_dropout: float = Field(0.3, ge=0, lt=1)
    neighbour_dropout: float = Field(0.5, ge=0, lt=1)

    @model_validator(mode="after")
    def _fits_together(self) -> ModelSettings:
        if self.encoder in FEED_TAGS_BACK and (self.crf or self.depth > 1):
            raise ValueError(
                f"encoder {self.encoder} feeds its own tags back, token by token: it takes"
                " crf: false and depth: 1"
            )
        if self.bidirectional and self.encoder not in READ_BACKWARD:
            raise ValueError(
                f"encoder {self.encoder} reads in one direction; bidirectional is for"
                f" {', '.join(READ_BACKWARD)}"
            )
        if self.encoder in FEED_TAGS_BACK and self.attention_blocks:
            raise ValueError(f"encoder {self.encoder} has no states for attention_blocks to join")
        # Reading both ways doubles the states, so what fits them one way fits them both ways.
        attends = self.encoder == "self_attention" or self.attention_blocks
        if attends and self.hidden_dim % (2 * self.heads):
            raise ValueError(
                f"hidden_dim {self.hidden_dim} is not a multiple of 2 x heads = {2 * self.heads}"
            )
        return self


class SlotTrainSettings(TrainSettings):
    """What is redrawn each time an utterance is seen, so that the model learns the cue.

    `redrawn_values`: share of slot values replaced by others of their kind and script;
    `blended_values`: share of these, in slots of names, made up of tokens of several;
    `borrowed_values`: share of these, in slots of names, made up of any words;
    `masked_values`: share of slot values replaced by unknown tokens;
    `masked_context`: share of the other tokens made unknown, so that an unknown token is no sign
    of a value.
    `intent_smoothing`: share of an intent's target that is spread over all intents (Szegedy et al.
    2016, section 7).
    """

    redrawn_values: float = Field(0.5, ge=0, le=1)
    blended_values: float = Field(0.2, ge=0, le=1)
    borrowed_values: float = Field(0.1, ge=0, le=1)
    masked_values: float = Field(0.1, ge=0, le=1)
    masked_context: float = Field(0.05, ge=0, le=1)
    intent_smoothing: float = Field(0.0, ge=0, lt=1)


class SlotFillingSettings(TaskSettings):
    """A whole config file."""

    task: Literal["slot_filling"]
    data: DataSettings
    tokenizer: TokenizerSettings = TokenizerSettings()
    model: ModelSettings = ModelSettings()
    train: SlotTrainSettings = SlotTrainSettings()
    reject: RejectSettings = RejectSettings()
    export: ExportSettings = ExportSettings()
    tune: TuneSettings = Field(default_factory=dict)
    retrain: RetrainSettings = RetrainSettings()
