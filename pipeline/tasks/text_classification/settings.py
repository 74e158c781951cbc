"""The settings of a text classification config file, with their defaults."""

from __future__ import annotations

from typing import Annotated, Literal

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

# What `tune` searches where a config names nothing.
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
    """Which columns (or keys of a JSONL object) hold what; without a header they are "0", "1", ...

    Several `text` columns are joined by one space. A multi-label cell is a list, or a string that
    `data.separator` splits.
    """

    text: Words = ("text",)
    label: str = "label"


class FileSettings(Section):
    """One file, and in what it differs from the others of its config.

    `header`: whether the first row of a table names its columns. `encoding` is one of Python's
    names. `labels` maps a label as the file has it to its name.
    """

    path: str
    format: Format | None = None
    columns: ColumnSettings | None = None
    header: bool | None = None
    encoding: str | None = None
    labels: dict[str, str] | None = None


class DataSettings(DataSection):
    """Where the texts are.

    `files` maps a split to a file, a folder (`folders`: one folder a class, one file a text) or a
    TensorFlow Datasets split (`tfds:ag_news_subset/train`); where one split's file differs from the
    others, to a group of settings. `train` is required; `valid` and `test` are carved out of it
    where absent, with the same share of every label, and texts that repeat stay together.
    `multi_label`: a text has any number of labels, not exactly one.
    """

    format: Format
    files: dict[str, str | FileSettings]
    columns: ColumnSettings = ColumnSettings()
    header: bool = True
    encoding: str = "utf-8"
    labels: dict[str, str] = Field(default_factory=dict)
    multi_label: bool = False
    separator: str = ","
    split: SplitSettings = SplitSettings()


class TokenizerSettings(Section):
    """What a text is cut into, after Unicode normalisation and (`lower`) lower-casing.

    `kind`: `subwords` (SentencePiece, trained on train, with byte fallback), `words` or
    `characters`. `vocabulary_size` bounds what is learned; `min_count` is for words and characters.
    `max_tokens`: tokens of a text that the encoder reads; of a longer text its first and last
    halves. The n-grams always see the whole text.
    """

    kind: Literal["subwords", "words", "characters"] = "subwords"
    subword_model: Literal["unigram", "bpe"] = "unigram"
    vocabulary_size: int = Field(8_000, ge=300)
    min_count: int = Field(2, ge=1)
    lower: bool = True
    max_tokens: int = Field(256, ge=1)


class NgramSettings(Section):
    """Hashed n-grams for the linear, `wide` part: of words up to `words` in a row, of characters.

    `buckets`: what they are hashed into. `characters`: least and most characters of a character
    n-gram; (0, 0) = none; taken within words or, with `across_words`, over the whole text, spaces
    included. `weighting`: what each n-gram counts for, read off the training texts: `idf`, or
    `naive_bayes`, its log-count ratio for each label times the idf (Wang and Manning 2012).
    `fit`: `gradient` learns the weights together with the encoder, from naive Bayes on where that
    is the weighting; `svm` fits a support vector machine a label before the first step
    (`machines.py`), a member beside the encoders. `cost`: of a training text on the wrong side of
    a machine. `gain`: the length of a text's vector of n-grams; the longer, the faster the gradient
    learns, and the more machines weigh beside the encoders.
    """

    words: int = Field(2, ge=0, le=5)
    characters: Annotated[tuple[int, int], Field(strict=False)] = (0, 0)
    across_words: bool = False
    buckets: int = Field(2**18, ge=2)
    weighting: Literal["idf", "naive_bayes"] = "naive_bayes"
    fit: Literal["gradient", "svm"] = "gradient"
    cost: float = Field(1.0, gt=0)
    gain: float = Field(8.0, gt=0)


Encoder = Literal[
    "none", "mean", "text_cnn", "elman", "lstm", "gru", "convolution", "self_attention"
]


class ModelSettings(Section):
    """What reads the text: encoders (deep), hashed n-grams (wide), or both.

    `encoder`: `text_cnn` (Kim 2014), one of the ladder (`docs/recurrent-ladder.md`), `mean` (the
    mean of the embeddings alone), or `none`; a list of them makes as many members, each with
    weights and a loss of its own, whose scores are averaged in the answer. `pooling` makes one
    vector of an encoder's states; `text_cnn` has its own maximum. `ngrams`: whether the linear part
    is there: one more member where `ngrams.fit` is `svm`, else its scores are added to those of the
    only encoder, and both learn from one loss.
    `token_dropout` replaces whole tokens by `<unk>` in training.
    """

    encoder: Encoder | Annotated[tuple[Encoder, ...], Field(strict=False, min_length=1)] = "lstm"
    ngrams: bool = True
    pooling: Literal["last", "mean", "max", "attention"] = "attention"
    embedding_dim: int = Field(128, ge=1)
    hidden_dim: int = Field(128, ge=1)
    bidirectional: bool = True
    depth: int = Field(1, ge=1)
    heads: int = Field(4, ge=1)
    dropout: float = Field(0.5, ge=0, lt=1)
    token_dropout: float = Field(0.1, ge=0, lt=1)

    @property
    def encoders(self) -> tuple[Encoder, ...]:
        """The encoder of each deep member; empty where there is none."""
        named = (self.encoder,) if isinstance(self.encoder, str) else self.encoder
        return () if self.encoder == "none" else named

    @model_validator(mode="after")
    def _reads_something(self) -> ModelSettings:
        if not self.encoders and not self.ngrams:
            raise ValueError("encoder none and ngrams false: nothing is left to read the text")
        if "none" in self.encoders:
            raise ValueError("encoder: `none` stands in a list; expected it alone, or encoders")
        return self


class ClassTrainSettings(TrainSettings):
    """`class_weights`: rare labels weigh more, by the inverse of their share (`balanced`).

    `sampling`: `balanced` draws each label equally often instead.
    """

    class_weights: Literal["none", "balanced"] = "none"
    sampling: Literal["natural", "balanced"] = "natural"
    label_smoothing: float = Field(0.0, ge=0, lt=1)


class TextClassificationSettings(TaskSettings):
    """A whole config file."""

    task: Literal["text_classification"]
    data: DataSettings
    tokenizer: TokenizerSettings = TokenizerSettings()
    ngrams: NgramSettings = NgramSettings()
    model: ModelSettings = ModelSettings()
    train: ClassTrainSettings = ClassTrainSettings()
    reject: RejectSettings = RejectSettings()
    export: ExportSettings = ExportSettings()
    tune: TuneSettings = Field(default_factory=dict)
    retrain: RetrainSettings = RetrainSettings()

    @model_validator(mode="after")
    def _parts_fit(self) -> TextClassificationSettings:
        if len(self.model.encoders) > 1 and self.model.ngrams and self.ngrams.fit == "gradient":
            raise ValueError(
                "ngrams.fit gradient joins the n-grams to one encoder, and there are"
                f" {len(self.model.encoders)}; expected `svm`, or model.ngrams: false"
            )
        return self
