"""The settings of a text classification config file, with their defaults."""

from __future__ import annotations

from typing import Annotated, Literal

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

# What `tune` searches if a config names nothing.
SPACE: TuneSettings = {
    "train.learning_rate": Range(low=0.0005, high=0.005, log=True),
    "train.batch_size": [16, 32, 64],
    "model.embedding_dim": [64, 128, 200],
    "model.dropout": Range(low=0.1, high=0.7),
    "model.token_dropout": Range(low=0.0, high=0.3),
    "ngrams.gain": Range(low=2.0, high=16.0, log=True),
}

Format = Literal["csv", "tsv", "jsonl", "parquet", "fasttext", "folders", "label_text", "tfds"]


class ColumnSettings(Section):
    """Which columns (or keys of a JSONL object) to read; without a header they are "0", "1", ..."""

    text: Words = Field(
        ("text",), description="Columns of the text; several are joined by one space."
    )
    label: str = Field(
        "label",
        description="Column of the label. With `multi_label` a cell is a list, or text that"
        " `separator` splits.",
    )


class FileSettings(Section):
    """One file whose settings differ from those of `data`; null means the same as there."""

    path: str = Field(description="The file, folder or TensorFlow Datasets split.")
    format: Format | None = Field(None, description="Format of this file.")
    columns: ColumnSettings | None = Field(None, description="Columns of this file.")
    header: bool | None = Field(
        None, description="Whether the first row of this table names its columns."
    )
    encoding: str | None = Field(None, description="Encoding of this file, as Python names it.")
    labels: dict[str, str] | None = Field(
        None, description="Names of the labels in this file, by label."
    )


class DataSettings(DataSection):
    """Where the texts and their labels are."""

    format: Format = Field(
        description="Format of the files (`docs/formats.md`); `init` detects it."
    )
    files: dict[str, str | FileSettings] = Field(
        description="Where each split is: a file, a folder (`folders`: a folder for each class, a"
        " file for each text), a TensorFlow Datasets split (`tfds:ag_news_subset/train`), or a"
        " group of settings. `train` is required; a missing `valid` or `test` is taken from it,"
        " with the same share of every label and equal texts kept together."
    )
    columns: ColumnSettings = ColumnSettings()
    header: bool = Field(True, description="Whether the first row of a table names its columns.")
    encoding: str = Field("utf-8", description="Encoding of the files, as Python names it.")
    labels: dict[str, str] = Field(
        default_factory=dict, description="Names of the labels in the files, by label."
    )
    multi_label: bool = Field(
        False, description="Whether a text has any number of labels instead of exactly one."
    )
    separator: str = Field(
        ",", description="What separates the labels in a cell, with `multi_label`."
    )
    split: SplitSettings = SplitSettings()


class TokenizerSettings(Section):
    """How a text becomes tokens, after Unicode normalisation."""

    kind: Literal["subwords", "words", "characters"] = Field(
        "subwords",
        description="What a token is; `subwords` are pieces of SentencePiece with byte fallback,"
        " learned from the training texts.",
    )
    subword_model: Literal["unigram", "bpe"] = Field(
        "unigram", description="Algorithm that learns subwords."
    )
    vocabulary_size: int = Field(8_000, ge=300, description="Most tokens in the vocabulary.")
    min_count: int = Field(
        2,
        ge=1,
        description="Times that a word or character must occur in the training texts to enter the"
        " vocabulary.",
    )
    lower: bool = Field(True, description="Whether to convert texts to lower case.")
    max_tokens: int = Field(
        256,
        ge=1,
        description="Tokens of a text that the encoder reads; of a longer text the first half and"
        " the last half of this number. The n-grams always read the whole text.",
    )


class NgramSettings(Section):
    """Hashed n-grams of words and characters for the linear (wide) part of the model."""

    words: int = Field(2, ge=0, le=5, description="Most words in a word n-gram; 0 means none.")
    characters: Annotated[tuple[int, int], Field(strict=False)] = Field(
        (0, 0),
        description="Fewest and most characters of a character n-gram; [0, 0] means none.",
    )
    across_words: bool = Field(
        False,
        description="Whether character n-grams cross word boundaries and include spaces.",
    )
    buckets: int = Field(2**18, ge=2, description="Buckets that the n-grams are hashed into.")
    weighting: Literal["idf", "naive_bayes"] = Field(
        "naive_bayes",
        description="Weight of an n-gram, computed from the training texts: `idf`, or `naive_bayes`"
        " (log-count ratio for each label times idf; Wang and Manning 2012).",
    )
    fit: Literal["gradient", "svm"] = Field(
        "gradient",
        description="How the linear weights are learned: `gradient` together with the encoder, or"
        " `svm`: a support vector machine for each label, fitted before the first step, which"
        " joins the encoders as a member of the ensemble.",
    )
    cost: float = Field(
        1.0,
        gt=0,
        description="Cost C of a training text on the wrong side of a support vector machine; a"
        " lower cost regularises more.",
    )
    gain: float = Field(
        8.0,
        gt=0,
        description="Length of the n-gram vector of a text; the longer, the faster the gradient"
        " learns, and the more the support vector machines weigh against the encoders.",
    )


Encoder = Literal[
    "none", "mean", "text_cnn", "elman", "lstm", "gru", "convolution", "self_attention"
]


class ModelSettings(Section):
    """What reads the text: encoders (deep), hashed n-grams (wide), or both."""

    encoder: Encoder | Annotated[tuple[Encoder, ...], Field(strict=False, min_length=1)] = Field(
        "lstm",
        description="The encoder: `text_cnn` (Kim 2014), `mean` (mean of the embeddings), `none`,"
        " or one of `docs/recurrent-ladder.md`. A list makes an ensemble: each member has its own"
        " weights and loss, and their scores are averaged.",
    )
    ngrams: bool = Field(
        True,
        description="Whether the linear part is used: with `ngrams.fit: svm` as one more member,"
        " else added to the scores of the only encoder and trained with it.",
    )
    pooling: Literal["last", "mean", "max", "attention"] = Field(
        "attention",
        description="How an encoder's states become one vector; `text_cnn` always takes the"
        " maximum.",
    )
    embedding_dim: int = Field(128, ge=1, description="Size of a token embedding.")
    hidden_dim: int = Field(128, ge=1, description="Size of the encoder's state in one direction.")
    bidirectional: bool = Field(True, description="Whether recurrent encoders also read backward.")
    depth: int = Field(1, ge=1, description="Layers of an encoder.")
    heads: int = Field(4, ge=1, description="Heads of self-attention.")
    dropout: float = Field(0.5, ge=0, lt=1, description="Dropout rate in training.")
    token_dropout: float = Field(
        0.1, ge=0, lt=1, description="Share of the tokens replaced by `<unk>` in training."
    )

    @property
    def encoders(self) -> tuple[Encoder, ...]:
        """The encoder of each deep member; empty if there is none."""
        named = (self.encoder,) if isinstance(self.encoder, str) else self.encoder
        return () if self.encoder == "none" else named

    @model_validator(mode="after")
    def _reads_something(self) -> ModelSettings:
        if not self.encoders and not self.ngrams:
            raise ValueError(
                "encoder is none and ngrams is false; expected an encoder or ngrams: true"
            )
        if "none" in self.encoders:
            raise ValueError(
                "encoder is a list with `none`; expected `none` alone or a list of encoders"
            )
        return self


class ClassTrainSettings(TrainSettings):
    """How a model is trained, and how rare labels count."""

    class_weights: Literal["none", "balanced"] = Field(
        "none",
        description="Weights of the labels in the loss; `balanced` is the inverse of their share.",
    )
    sampling: Literal["natural", "balanced"] = Field(
        "natural",
        description="How training texts are drawn; `balanced` draws each label equally often.",
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="Share of a target spread over all labels."
    )


class TextClassificationSettings(TaskSettings):
    """All settings of a text classification model."""

    task: Literal["text_classification"] = Field(description="Name of the task.")
    data: DataSettings
    tokenizer: TokenizerSettings = TokenizerSettings()
    ngrams: NgramSettings = NgramSettings()
    model: ModelSettings = ModelSettings()
    train: ClassTrainSettings = ClassTrainSettings()
    reject: RejectSettings = RejectSettings()
    export: ExportSettings = ExportSettings()
    tune: TuneSettings = Field(default_factory=dict, description=TUNE)
    retrain: RetrainSettings = RetrainSettings()

    @model_validator(mode="after")
    def _parts_fit(self) -> TextClassificationSettings:
        if len(self.model.encoders) > 1 and self.model.ngrams and self.ngrams.fit == "gradient":
            raise ValueError(
                "ngrams.fit is gradient, which joins the n-grams to one encoder; received"
                f" {len(self.model.encoders)} encoders; expected ngrams.fit: svm or"
                " model.ngrams: false"
            )
        return self
