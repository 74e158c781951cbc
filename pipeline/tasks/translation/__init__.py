"""Translation: a text in one language becomes a text in another.

    「订5月1日到北京的机票」    Book a ticket to Beijing on May 1st.
    「订5月1日离开北京的机票」  Book a ticket from Beijing on May 1st.

The same 北京 is where you arrive or where you leave; the words around it decide.

The files, in the order in which the data passes through them:

    settings          the config file's settings and their defaults
    detect, columns   detect format and columns of a user's file
    direction         reads a new file in the direction of the model
    languages         languages and scripts of texts
    formats/          readers and writers, one file for each format
    loader            reads the files of a config, checks every pair, makes the splits
    filters           leaves out pairs by the config's rules
    near_duplicates   pairs of test that are nearly in train
    records           the pair: its form in the dataset store, its answer
    writer, repair    write a user's format; write a copy of a file with safe repairs
    audit             tables of suspicious pairs
    tokenizer         learns the pieces of both languages; divides long texts into segments
    encoder           makes the batches
    model             the encoder, the decoder and its attention
    lexicon           likely target pieces of each source piece (IBM Model 1)
    shortlist_fit     sets the shortlists of a model from the lexicon
    growth            adds pieces and glossary terms of new data to a trained model
    search            searches for the best translation with `pipeline.decoding`
    serving           the exported graph from strings to translations
    scoring           compares translations with references
    scored_example    a translation beside its reference
    stress            harder test sets
    baseline          the translation of the most similar training text
    example_tables    examples for the report
    attention_report  where the model looked, with `alignments`
    report            the sections of the HTML report
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from pipeline.datasets.batches import Encoder
from pipeline.datasets.lines import stop
from pipeline.errors import DataError
from pipeline.report.page import Section
from pipeline.task import (
    Advice,
    AnswerSide,
    DataSide,
    Detected,
    JudgeSide,
    Layout,
    ModelSide,
    OnError,
    Purpose,
    Scores,
    Service,
    Source,
    Table,
    Task,
    Vocabularies,
)
from pipeline.tasks.translation import (
    attention_report,
    audit,
    baseline,
    detect,
    growth,
    loader,
    repair,
    scoring,
    serving,
    stress,
    writer,
)
from pipeline.tasks.translation.encoder import build_encoder
from pipeline.tasks.translation.model import Translator, build_model, losses
from pipeline.tasks.translation.records import PairAnswer, PairRecord, features, to_json
from pipeline.tasks.translation.settings import SPACE, TranslationSettings
from pipeline.tasks.translation.shortlist_fit import fit_shortlists
from pipeline.tasks.translation.tokenizer import PairTokenizer, build_tokenizer, count_tokens, learn
from pipeline.userfiles.explain import describe_errors


class PairDataSide(DataSide[TranslationSettings, PairRecord]):
    """Converts between files of pairs and records."""

    def detect(self, path: Path, format_: str | None = None) -> Detected:
        return detect.detect(path, format_)

    def adopt(
        self, settings: TranslationSettings, path: Path, purpose: Purpose = "learn"
    ) -> TranslationSettings:
        data = detect.adopt(settings.data, path, settings.retrain.columns, purpose)
        return settings.model_copy(update={"data": data})

    def features(self) -> Any:
        return features()

    def load(
        self, settings: TranslationSettings, on_error: OnError | None = None
    ) -> Source[PairRecord]:
        return loader.load(settings.data, on_error or stop)

    def read_as_is(
        self, settings: TranslationSettings, on_error: OnError | None = None
    ) -> Iterable[PairRecord]:
        return loader.read(settings.data, on_error or stop)

    def write(
        self, records: Iterable[PairRecord], path: Path, format_: str | None, tags: str | None
    ) -> str:
        return writer.write(records, path, format_, tags)

    def to_json(self, record: PairRecord) -> dict[str, Any]:
        return to_json(record)

    def bundled_settings(
        self, settings: TranslationSettings, files: Mapping[str, str]
    ) -> TranslationSettings:
        data = loader.bundled_settings(settings.data, files)
        columns = detect.columns_of(settings.data) | settings.retrain.columns
        retrain = settings.retrain.model_copy(update={"columns": columns})
        return settings.model_copy(update={"data": data, "retrain": retrain})

    def describe_errors(self, errors: Sequence[DataError]) -> list[Advice]:
        return describe_errors(errors)

    def repair(
        self, settings: TranslationSettings
    ) -> Iterable[tuple[Path, Path, Sequence[tuple[int, str]]]]:
        return repair.repair(settings.data)

    def audit(self, splits: Mapping[str, Sequence[PairRecord]]) -> list[Table]:
        return audit.audit(splits)


class PairModelSide(ModelSide[TranslationSettings, PairRecord, PairTokenizer, Translator]):
    """Builds and trains a translator with attention."""

    over_limit = "training skips them"

    def learn(self, settings: TranslationSettings, records: Iterable[PairRecord]) -> Vocabularies:
        return learn(settings, records)

    def grow(
        self,
        settings: TranslationSettings,
        vocabularies: Vocabularies,
        old: Sequence[PairRecord],
        new: Sequence[PairRecord],
    ) -> Vocabularies:
        return growth.grow(settings, vocabularies, old, new)

    def layout(self, settings: TranslationSettings, vocabularies: Vocabularies) -> Layout:
        return growth.layout(settings, vocabularies)

    def build_tokenizer(self, settings: TranslationSettings, folder: Path) -> PairTokenizer:
        return build_tokenizer(settings, folder)

    def build_encoder(
        self,
        settings: TranslationSettings,
        tokenizer: PairTokenizer,
        vocabularies: Vocabularies,
        records: Iterable[PairRecord],
    ) -> Encoder:
        return build_encoder(settings, tokenizer, vocabularies, records)

    def build_model(self, settings: TranslationSettings, vocabularies: Vocabularies) -> Translator:
        return build_model(settings, vocabularies)

    def losses(
        self, settings: TranslationSettings, model: Translator
    ) -> dict[str, keras.losses.Loss]:
        return losses(settings, model)

    def before_training(
        self,
        settings: TranslationSettings,
        tokenizer: PairTokenizer,
        model: Translator,
        vocabularies: Vocabularies,
        records: Iterable[PairRecord],
    ) -> None:
        fit_shortlists(settings, tokenizer, model, records)

    def count_tokens(self, tokenizer: PairTokenizer, texts: Sequence[str]) -> list[tuple[int, int]]:
        return count_tokens(tokenizer, texts)

    def max_tokens(self, tokenizer: PairTokenizer) -> int | None:
        return tokenizer.settings.max_tokens

    def build_service(
        self, tokenizer: PairTokenizer, model: Translator, vocabularies: Vocabularies
    ) -> Service:
        return serving.build_service(tokenizer, model, vocabularies)


class PairAnswerSide(AnswerSide[PairRecord, PairAnswer]):
    """Converts outputs of the service to answers."""

    def read(self, texts: Sequence[str], outputs: Mapping[str, Any]) -> list[PairAnswer]:
        return serving.read_answers(texts, outputs)

    def suggest(self, answer: PairAnswer) -> PairRecord:
        return serving.suggest(answer)

    def confidence(self, answer: PairAnswer) -> float:
        return serving.confidence(answer)


class PairJudgeSide(
    JudgeSide[TranslationSettings, PairRecord, PairAnswer, PairTokenizer, Translator]
):
    """Scores answers against records and shows them in the report."""

    def score(
        self,
        settings: TranslationSettings,
        records: Sequence[PairRecord],
        answers: Sequence[PairAnswer],
    ) -> Scores:
        return scoring.score(settings, records, answers)

    def stress(
        self,
        settings: TranslationSettings,
        train: Iterable[PairRecord],
        records: Sequence[PairRecord],
        seed: int,
    ) -> Mapping[str, list[PairRecord]]:
        return stress.stress(settings, train, records, seed)

    def baseline(
        self,
        settings: TranslationSettings,
        train: Iterable[PairRecord],
        records: Sequence[PairRecord],
    ) -> list[PairAnswer]:
        return baseline.baseline(settings, train, records)

    def report(
        self,
        settings: TranslationSettings,
        tokenizer: PairTokenizer,
        model: Translator,
        records: Sequence[PairRecord],
        answers: Sequence[PairAnswer],
    ) -> list[Section]:
        return attention_report.report_of_model(settings, tokenizer, model, records, answers)


TASK = Task(
    name="translation",
    example="flights_zh_en",
    headline="bleu",
    settings=TranslationSettings,
    space=SPACE,
    data=PairDataSide(),
    model=PairModelSide(),
    answers=PairAnswerSide(),
    judge=PairJudgeSide(),
)
