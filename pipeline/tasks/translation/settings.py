"""The settings of a translation config file, with their defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.config import (
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
GLOSSARY = "glossary"  # the vocabulary of terms whose translation is given
UNKNOWN = "und"  # ISO 639's code for a language that nobody states

# What `tune` searches where a config names nothing.
SPACE: TuneSettings = {
    "train.learning_rate": Range(low=0.0005, high=0.006, log=True),
    "train.averaging": [0.99, 0.995, 0.999],
    "model.embedding_dim": [128, 256],
    "model.hidden_dim": [128, 192, 256],
    "model.dropout": Range(low=0.05, high=0.4),
}


class LanguageSettings(Section):
    """What is translated into what: codes such as `en`, `de`, `zh`, `pt-BR`; `und` is unknown.

    They choose the units of a TMX file and say which script a side is written in.
    """

    source: str = UNKNOWN
    target: str = UNKNOWN


class ColumnSettings(Section):
    """Which column, or key of a JSONL object, holds which side; without a header "0", "1", ...

    `translation.en` is the key `en` of the object in `translation`. Of several names the first
    counts that a row has, and not empty: `[zh_typed, zh]`.
    """

    source: str | Words = "source"
    target: str | Words = "target"


class AlignedFiles(Section):
    """Two files of which line N of one translates line N of the other."""

    source: str
    target: str


class FileSettings(Section):
    """A split's file, or two aligned ones, and in what it differs from the others of its config.

    `header`: whether the first row of a table names its columns. `encoding` is one of Python's
    names.
    """

    path: str | AlignedFiles
    format: Format | None = None
    columns: ColumnSettings | None = None
    header: bool | None = None
    encoding: str | None = None


class FilterSettings(Section):
    """Which pairs of the training file are left out, before other splits are carved of it.

    Splits with a file of their own stay whole, so that scores compare. What is left out is counted
    with the reason, and `validate` lists it. All filters are off by default.

    `empty`: a side is empty; where this is off, such a pair is an error.
    `min_characters`, `max_characters`: of either side.
    `max_length_ratio`: of the longer side to the shorter one, a Chinese or Japanese character
    counted as three.
    `identical`: both sides are the same, but for case and outer space.
    `script`: most letters of a side are not of a script that its language is written in.
    `duplicates`: `pair` leaves out pairs that stood before, `source` all pairs whose source stood
    before, whatever the target.
    """

    empty: bool = False
    min_characters: int | None = Field(None, ge=1)
    max_characters: int | None = Field(None, ge=1)
    max_length_ratio: float | None = Field(None, ge=1)
    identical: bool = False
    script: bool = False
    duplicates: Literal["pair", "source"] | None = None


class DataSettings(DataSection):
    """Where the pairs are.

    `files` maps a split to a file, for `aligned` to two (`{source: train.en, target: train.de}`),
    or to a TensorFlow Datasets split (`tfds:ted_hrlr_translate/pt_to_en/train`); where one split's
    file differs from the others, to a group of settings. `train` is required; `valid` and `test`
    are carved out of it where absent, so that no source text stands on both sides, nor one with the
    same letters and digits.

    `glossary` is a file of terms whose translation is given, a line each: term, tab, translation.
    """

    format: Format
    files: dict[str, str | AlignedFiles | FileSettings]
    languages: LanguageSettings = LanguageSettings()
    columns: ColumnSettings = ColumnSettings()
    header: bool = True
    encoding: str = "utf-8"
    split: SplitSettings = SplitSettings()
    filters: FilterSettings = FilterSettings()
    glossary: str | None = None


class TokenizerSettings(Section):
    """What a text is cut into: SentencePiece, trained on train, with byte fallback.

    A source is read in Unicode's compatibility form (NFKC); a target is learnt as it is written.
    White space is one space in both. `vocabulary_size`: pieces of each language, of both together
    where `joint`. `max_tokens`: of a segment. A longer source is cut at the ends of its sentences;
    a training pair with a longer side is left out, and said. `protect`: URLs, e-mail addresses,
    placeholders and codes come out unchanged, terms of the glossary as it says.
    """

    subword_model: Literal["unigram", "bpe"] = "unigram"
    vocabulary_size: int = Field(8_000, ge=350)
    joint: bool = True
    max_tokens: int = Field(100, ge=2)
    protect: bool = True


Cell = Literal["elman", "lstm", "gru"]
Encoder = Literal["elman", "lstm", "gru", "convolution", "self_attention"]
Decoder = Literal["elman", "lstm", "gru", "self_attention"]
Attention = Literal["none", "additive", "dot", "general", "concat", "scaled_dot", "multi_head"]


class ModelSettings(Section):
    """An encoder, a decoder, and what the decoder looks at.

    `encoder`, `bidirectional` (recurrent ones), `encoder_depth`; `decoder`, `decoder_depth`: any
    encoder goes with any decoder. `attention`: how each target token looks for its source tokens
    (`docs/attention.md`); `none` leaves it one fixed vector. `input_feeding`: what was attended to
    goes into the next step, too (Luong et al. 2015, section 3.3); recurrent decoders only.
    `tied`: which tables of pieces are one (Press and Wolf 2017): `target` that of the decoder's
    input and output, `all` that of the source as well, which needs a joint tokenizer.
    `dropout` of embeddings, states and between layers; `token_dropout` replaces whole source tokens
    by `<unk>` in training.
    """

    encoder: Encoder = "gru"
    bidirectional: bool = True
    encoder_depth: int = Field(1, ge=1)
    decoder: Decoder = "gru"
    decoder_depth: int = Field(1, ge=1)
    attention: Attention = "additive"
    input_feeding: bool = False
    embedding_dim: int = Field(256, ge=1)
    hidden_dim: int = Field(256, ge=1)
    heads: int = Field(4, ge=1)
    tied: Literal["none", "target", "all"] = "target"
    dropout: float = Field(0.3, ge=0, lt=1)
    token_dropout: float = Field(0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _can_feed(self) -> ModelSettings:
        if self.input_feeding and self.decoder == "self_attention":
            raise ValueError("input_feeding is for recurrent decoders; received self_attention")
        return self


class DecodingSettings(Section):
    """How a translation is searched for (`docs/decoding.md`).

    `beam_width` hypotheses a source; 1 = greedy. `n_best` of them are given by the signature of
    that name. `length_penalty` and `coverage_penalty`: alpha and beta of Wu et al. 2016, equation
    14. `no_repeat_ngram`: no n-gram of that size comes twice; 0 = any may. A translation has
    `min_ratio` to `max_ratio` times the source's tokens, and `max_extra` more. `shortlist`: target
    pieces that are searched for each source piece, learnt from the training pairs, besides the
    `shortlist_common` commonest; 0 = all pieces. `protected_once`: what is protected comes exactly
    once; a translation may not end before it has.
    """

    beam_width: int = Field(5, ge=1)
    n_best: int = Field(5, ge=1)
    length_penalty: float = Field(0.6, ge=0)
    coverage_penalty: float = Field(0.0, ge=0)
    no_repeat_ngram: int = Field(0, ge=0)
    min_ratio: float = Field(0.0, ge=0)
    max_ratio: float = Field(3.0, gt=0)
    max_extra: int = Field(20, ge=1)
    shortlist: int = Field(0, ge=0)
    shortlist_common: int = Field(200, ge=0)
    protected_once: bool = True

    @model_validator(mode="after")
    def _has_as_many(self) -> DecodingSettings:
        if self.n_best > self.beam_width and self.n_best > 1:
            raise ValueError(f"n_best is {self.n_best}, more than beam_width {self.beam_width}")
        return self


class Training(TrainSettings):
    """As for every task, and what only a decoder needs.

    `label_smoothing`: share of a target token's probability that goes to all pieces (Szegedy et al.
    2016). `scheduled_sampling`: share of the target tokens read in training that are the model's
    own guesses (Bengio et al. 2015, in the two passes of Mihaylova and Martins 2019).
    `mixed_precision`: the products with the table of target pieces, the dearest of a step, are
    taken in bfloat16; weights and sums stay float32. Faster on processors that have instructions
    for it (AVX512-BF16, AMX), slower on others. `strands`: a batch is trained on in so many parts
    side by side, with the same loss and gradient; as fast as it gets with a core for each strand
    and TF_NUM_INTRAOP_THREADS=1, where otherwise all cores wait for each op. `glossary_share`: of
    the training pairs, how many have the terms of the glossary set aside; in the others the model
    meets names as they are written, and so those that no glossary has.
    """

    label_smoothing: float = Field(0.1, ge=0, lt=1)
    scheduled_sampling: float = Field(0.0, ge=0, lt=1)
    mixed_precision: bool = False
    strands: int = Field(1, ge=1)
    glossary_share: float = Field(0.8, ge=0, le=1)


class TravellingSets(ExportSettings):
    """As for every task, with ten times the training rows and five times the validation rows.

    What a translator knows is spread over all its sentences: with 2,000 of 20,000 Tatoeba pairs a
    retraining on flights took 5.2 of 27.7 BLEU from the old ones. And BLEU of 500 pairs is a matter
    of chance by more than a retraining may lose.
    """

    replay_rows: int = Field(20_000, ge=0)
    valid_rows: int = Field(2_500, ge=0)


class Retraining(RetrainSettings):
    """As for every task, but longer and at full pace, with fewer of the rows new.

    What a translator forgets comes back with its old pairs, given the steps to learn them again.
    """

    epochs: int = Field(5, ge=1)
    learning_rate: float = Field(1.0, gt=0)
    new_share: float = Field(0.2, gt=0, lt=1)


class TranslationSettings(TaskSettings):
    """All settings of a translation model."""

    task: Literal["translation"]
    data: DataSettings
    tokenizer: TokenizerSettings = TokenizerSettings()
    model: ModelSettings = ModelSettings()
    decoding: DecodingSettings = DecodingSettings()
    train: Training = Training()
    export: TravellingSets = TravellingSets()
    tune: TuneSettings = Field(default_factory=dict)
    retrain: Retraining = Retraining()

    @model_validator(mode="after")
    def _ties_what_is_joint(self) -> TranslationSettings:
        if self.model.tied == "all" and not self.tokenizer.joint:
            raise ValueError("model.tied is all; expected tokenizer.joint to be true")
        return self

    @model_validator(mode="after")
    def _sets_terms_aside(self) -> TranslationSettings:
        if self.data.glossary and not self.tokenizer.protect:
            raise ValueError("data.glossary is set; expected tokenizer.protect to be true")
        return self
