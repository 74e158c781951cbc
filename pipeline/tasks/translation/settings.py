"""The settings of a translation config file, with their defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.config import (
    TUNE,
    DataSection,
    ExportSettings,
    Range,
    RetrainSettings,
    Section,
    SplitSettings,
    TaskSettings,
    TrainSettings,
    TuneSettings,
    Words,
)

Format = Literal["aligned", "csv", "tsv", "jsonl", "parquet", "tmx", "tfds"]
BOTH, SOURCE, TARGET = "pieces", "source_pieces", "target_pieces"  # vocabularies, by side
GLOSSARY = "glossary"  # the vocabulary of terms with a given translation
UNKNOWN = "und"  # the code of ISO 639 for an undetermined language

# What `tune` searches if a config names nothing.
SPACE: TuneSettings = {
    "train.learning_rate": Range(low=0.0005, high=0.006, log=True),
    "train.averaging": [0.99, 0.995, 0.999],
    "model.embedding_dim": [128, 256],
    "model.hidden_dim": [128, 192, 256],
    "model.dropout": Range(low=0.05, high=0.4),
}


class LanguageSettings(Section):
    """The languages, as codes such as `en`, `de`, `zh`, `pt-BR`; `und` means unknown.

    They select the units of a TMX file and the script that a side is expected in.
    """

    source: str = Field(UNKNOWN, description="Language that is translated from.")
    target: str = Field(UNKNOWN, description="Language that is translated into.")


class ColumnSettings(Section):
    """Which columns (or keys of a JSONL object) to read; without a header they are "0", "1", ...

    `translation.en` is the key `en` of the object under `translation`. Of several names, such as
    `[zh_typed, zh]`, the first that is present and not empty in a row is used.
    """

    source: str | Words = Field("source", description="Column of the source text.")
    target: str | Words = Field("target", description="Column of the target text.")


class AlignedFiles(Section):
    """Two files in which line N of one translates line N of the other."""

    source: str = Field(description="File of the source texts, one on each line.")
    target: str = Field(description="File of the target texts, one on each line.")


class FileSettings(Section):
    """One file, or two aligned ones, with settings of its own; null means the same as in `data`."""

    path: str | AlignedFiles = Field(
        description="The file, the two aligned files, or the TensorFlow Datasets split."
    )
    format: Format | None = Field(None, description="Format of this file.")
    columns: ColumnSettings | None = Field(None, description="Columns of this file.")
    header: bool | None = Field(
        None, description="Whether the first row of this table names its columns."
    )
    encoding: str | None = Field(None, description="Encoding of this file, as Python names it.")


class FilterSettings(Section):
    """Which pairs of the training file are left out, before other splits are taken from it.

    Splits with a file of their own stay complete, so that scores stay comparable. Pairs left out
    are counted by reason, and `validate` lists them. All filters are off by default.
    """

    empty: bool = Field(
        False, description="Leave out pairs with an empty side, which are errors otherwise."
    )
    min_characters: int | None = Field(
        None, ge=1, description="Fewest characters of either side; null means no limit."
    )
    max_characters: int | None = Field(
        None, ge=1, description="Most characters of either side; null means no limit."
    )
    max_length_ratio: float | None = Field(
        None,
        ge=1,
        description="Largest ratio of the longer side to the shorter one, in characters; a Chinese"
        " or Japanese character counts as three. null means no limit.",
    )
    identical: bool = Field(
        False,
        description="Leave out pairs with equal sides, ignoring case and surrounding space.",
    )
    script: bool = Field(
        False,
        description="Leave out pairs with a side whose letters are mostly not of a script of its"
        " language.",
    )
    duplicates: Literal["pair", "source"] | None = Field(
        None,
        description="Leave out repeated pairs (`pair`), or all pairs with a repeated source"
        " (`source`); the first one stays.",
    )


class DataSettings(DataSection):
    """Where the pairs are."""

    format: Format = Field(
        description="Format of the files (`docs/formats.md`); `init` detects it."
    )
    files: dict[str, str | AlignedFiles | FileSettings] = Field(
        description="Where each split is: a file, two aligned files (`{source: train.en, target:"
        " train.de}`), a TensorFlow Datasets split (`tfds:ted_hrlr_translate/pt_to_en/train`), or a"
        " group of settings. `train` is required; a missing `valid` or `test` is taken from it,"
        " with pairs of the same source kept together, compared by letters and digits."
    )
    languages: LanguageSettings = LanguageSettings()
    columns: ColumnSettings = ColumnSettings()
    header: bool = Field(True, description="Whether the first row of a table names its columns.")
    encoding: str = Field("utf-8", description="Encoding of the files, as Python names it.")
    split: SplitSettings = SplitSettings()
    filters: FilterSettings = FilterSettings()
    glossary: str | None = Field(
        None,
        description="File of terms with a given translation, one on each line: term, tab,"
        " translation.",
    )


class TokenizerSettings(Section):
    """How a text becomes subwords: SentencePiece with byte fallback, learned from training pairs.

    Sources are normalised to Unicode's compatibility form (NFKC); targets keep their form. White
    space becomes one space in both.
    """

    subword_model: Literal["unigram", "bpe"] = Field(
        "unigram", description="Algorithm that learns subwords."
    )
    vocabulary_size: int = Field(
        8_000,
        ge=350,
        description="Pieces of each language, or of both together with `joint`.",
    )
    joint: bool = Field(True, description="Whether both languages share one set of pieces.")
    max_tokens: int = Field(
        100,
        ge=2,
        description="Most tokens of a segment. A longer source is cut between its sentences; a"
        " training pair with a longer side is left out and counted.",
    )
    protect: bool = Field(
        True,
        description="Whether URLs, e-mail addresses, placeholders and codes are copied unchanged,"
        " and terms of the glossary translated as it gives them.",
    )


Cell = Literal["elman", "lstm", "gru"]
Encoder = Literal["elman", "lstm", "gru", "convolution", "self_attention"]
Decoder = Literal["elman", "lstm", "gru", "self_attention"]
Attention = Literal["none", "additive", "dot", "general", "concat", "scaled_dot", "multi_head"]


class ModelSettings(Section):
    """An encoder, a decoder, and the attention between them; any encoder fits any decoder."""

    encoder: Encoder = Field("gru", description="What reads the source.")
    bidirectional: bool = Field(
        True, description="Whether a recurrent encoder also reads backward."
    )
    encoder_depth: int = Field(1, ge=1, description="Layers of the encoder.")
    decoder: Decoder = Field("gru", description="What writes the target.")
    decoder_depth: int = Field(1, ge=1, description="Layers of the decoder.")
    attention: Attention = Field(
        "additive",
        description="How a target token attends to source tokens (`docs/attention.md`); with `none`"
        " the decoder sees one fixed vector.",
    )
    input_feeding: bool = Field(
        False,
        description="Whether the attention's result is also an input of the next step (Luong et al."
        " 2015, section 3.3); recurrent decoders only.",
    )
    embedding_dim: int = Field(256, ge=1, description="Size of a piece's embedding.")
    hidden_dim: int = Field(256, ge=1, description="Size of the states.")
    heads: int = Field(4, ge=1, description="Heads of self-attention and of multi-head attention.")
    tied: Literal["none", "target", "all"] = Field(
        "target",
        description="Embeddings that share one table (Press and Wolf 2017): `target` the decoder's"
        " input and output, `all` the source's too, which needs `tokenizer.joint`.",
    )
    dropout: float = Field(
        0.3,
        ge=0,
        lt=1,
        description="Dropout rate of embeddings, states and between layers, in training.",
    )
    token_dropout: float = Field(
        0.0, ge=0, lt=1, description="Share of the source tokens replaced by `<unk>` in training."
    )

    @model_validator(mode="after")
    def _can_feed_input(self) -> ModelSettings:
        if self.input_feeding and self.decoder == "self_attention":
            raise ValueError(
                "input_feeding is true; expected a recurrent decoder, received self_attention"
            )
        return self


class DecodingSettings(Section):
    """How a translation is searched for (`docs/decoding.md`)."""

    beam_width: int = Field(
        5, ge=1, description="Hypotheses kept for a source in beam search; 1 is greedy decoding."
    )
    n_best: int = Field(
        5, ge=1, description="Hypotheses that the signature `n_best` returns for a source."
    )
    length_penalty: float = Field(
        0.6, ge=0, description="Alpha of Wu et al. 2016, equation 14; higher prefers longer ones."
    )
    coverage_penalty: float = Field(
        0.0, ge=0, description="Beta of Wu et al. 2016, equation 14; 0 means none."
    )
    no_repeat_ngram: int = Field(
        0, ge=0, description="Size of n-grams that may not occur twice; 0 allows all."
    )
    min_ratio: float = Field(
        0.0, ge=0, description="Least tokens of a translation, as a factor of the source's tokens."
    )
    max_ratio: float = Field(
        3.0, gt=0, description="Most tokens of a translation, as a factor of the source's tokens."
    )
    max_extra: int = Field(
        20, ge=1, description="Tokens that a translation may have beyond `max_ratio`."
    )
    shortlist: int = Field(
        0,
        ge=0,
        description="Target pieces considered for each source piece, learned from the training"
        " pairs; 0 considers all pieces.",
    )
    shortlist_common: int = Field(
        200, ge=0, description="Most frequent target pieces that a shortlist always contains."
    )
    protected_once: bool = Field(
        True,
        description="Whether protected text occurs exactly once, and a translation may end only"
        " after it has occurred.",
    )

    @model_validator(mode="after")
    def _beam_is_wide_enough(self) -> DecodingSettings:
        if self.n_best > self.beam_width and self.n_best > 1:
            raise ValueError(
                f"n_best is {self.n_best}; expected at most beam_width, {self.beam_width}"
            )
        return self


class TranslationTrainSettings(TrainSettings):
    """How a model is trained, with what only a decoder needs."""

    label_smoothing: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Share of a target token's probability spread over all pieces (Szegedy et al."
        " 2016).",
    )
    scheduled_sampling: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of the target tokens read in training that are the model's own"
        " predictions (Bengio et al. 2015, in the two passes of Mihaylova and Martins 2019).",
    )
    mixed_precision: bool = Field(
        False,
        description="Whether the products with the table of target pieces, the most expensive of a"
        " step, use bfloat16; weights and sums stay float32. Faster on processors with instructions"
        " for it (AVX512-BF16, AMX), slower on others.",
    )
    strands: int = Field(
        1,
        ge=1,
        description="Parts of a batch that are computed in parallel, with the same loss and"
        " gradient. Fastest with a core for each and TF_NUM_INTRAOP_THREADS=1.",
    )
    glossary_share: float = Field(
        0.8,
        ge=0,
        le=1,
        description="Share of the training pairs in which terms of the glossary are protected; in"
        " the others the model learns to translate terms that no glossary has.",
    )


class TranslationExportSettings(ExportSettings):
    """What is stored with a published version: more training and validation rows than by default.

    A translator's knowledge is spread over all its sentences: with 2,000 of 20,000 Tatoeba pairs
    a retraining on flights lost 5.2 of 27.7 BLEU on the old ones. And the BLEU of 500 pairs varies
    by chance more than a retraining may lose.
    """

    replay_rows: int = Field(20_000, ge=0)
    valid_rows: int = Field(2_500, ge=0)


class TranslationRetrainSettings(RetrainSettings):
    """How a published model is retrained: longer, at the full learning rate, with fewer new rows.

    A translator relearns what it forgot from its old pairs, given enough steps.
    """

    epochs: int = Field(5, ge=1)
    learning_rate: float = Field(1.0, gt=0)
    new_share: float = Field(0.2, gt=0, lt=1)


class TranslationSettings(TaskSettings):
    """All settings of a translation model."""

    task: Literal["translation"] = Field(description="Name of the task.")
    data: DataSettings
    tokenizer: TokenizerSettings = TokenizerSettings()
    model: ModelSettings = ModelSettings()
    decoding: DecodingSettings = DecodingSettings()
    train: TranslationTrainSettings = TranslationTrainSettings()
    export: TranslationExportSettings = TranslationExportSettings()
    tune: TuneSettings = Field(default_factory=dict, description=TUNE)
    retrain: TranslationRetrainSettings = TranslationRetrainSettings()

    @model_validator(mode="after")
    def _shares_pieces(self) -> TranslationSettings:
        if self.model.tied == "all" and not self.tokenizer.joint:
            raise ValueError("model.tied is all; expected tokenizer.joint to be true")
        return self

    @model_validator(mode="after")
    def _protects_terms(self) -> TranslationSettings:
        if self.data.glossary and not self.tokenizer.protect:
            raise ValueError("data.glossary is set; expected tokenizer.protect to be true")
        return self
