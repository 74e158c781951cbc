"""Slot filling with intents: find the words that fill each slot, and classify the intent.

    「订5月1日到北京的机票」   date = 5月1日, arrival_city = 北京      intent = book
    「订5月1日离开北京的机票」 date = 5月1日, departure_city = 北京    intent = book

The words before 北京 decide its slot: the same city is an arrival or a departure.

The files, in the order in which the data passes through them:

    settings          the config file's settings and their defaults
    detect            detects format and columns of a user's file
    formats/          readers and writers, one file for each annotation format
    schemes           tagging schemes such as BIO and BIOES, converted to spans
    loader            reads the files of a config, checks every utterance, makes the splits
    records           the utterance: its spans, its form in the dataset store, its answer
    writer            writes records to a file in a user's format
    repair            writes a copy of a file with safe repairs
    audit             tables of suspicious annotations, such as one phrase with two labels
    tokenizer         learns the vocabularies; makes inputs and gold tags of the model
    augmentation      replaces slot values in training batches
    submodel          one member of the ensemble: embeddings, encoder, tag and intent logits
    model             the joint tagger: the members' mean logits, a CRF, and the losses
    growth            adds words and labels of new data to a trained model
    calibrate         sets temperatures and the rejection threshold after training
    serving           the exported graph from strings to tags and slots; answers as plain dicts
    scoring           metrics of answers against gold spans and intents
    token_spans       character spans as spans of tokens and as BIO tags
    stress            harder test sets; uses the next three
    replace_values    replaces the values of an utterance's spans
    invented_names    makes up names that no training set has
    minimal_pairs     pairs of utterances that differ only in the words around a value
    baseline          the cheap reference model: a linear-chain CRF and a linear SVM
    error_analysis    groups errors by kind
    attention         the weight of each token in the intent's attention pooling
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
from pipeline.tasks.slot_filling import (
    audit,
    baseline,
    calibrate,
    detect,
    growth,
    loader,
    repair,
    report,
    scoring,
    serving,
    stress,
    writer,
)
from pipeline.tasks.slot_filling.model import build_model, losses
from pipeline.tasks.slot_filling.records import UtteranceAnswer, UtteranceRecord, features, to_json
from pipeline.tasks.slot_filling.settings import SPACE, SlotFillingSettings
from pipeline.tasks.slot_filling.tokenizer import (
    SlotTokenizer,
    build_encoder,
    build_tokenizer,
    count_tokens,
    count_training_words,
    learn,
)
from pipeline.userfiles.explain import describe_errors


class SlotDataSide(DataSide[SlotFillingSettings, UtteranceRecord]):
    """Converts between annotated files and records."""

    def detect(self, path: Path, format_: str | None = None) -> Detected:
        return detect.detect(path, format_)

    def adopt(
        self, settings: SlotFillingSettings, path: Path, purpose: Purpose = "learn"
    ) -> SlotFillingSettings:
        data = detect.adopt(settings.data, path, settings.retrain.columns, purpose)
        return settings.model_copy(update={"data": data})

    def features(self) -> Any:
        return features()

    def load(
        self, settings: SlotFillingSettings, on_error: OnError | None = None
    ) -> Source[UtteranceRecord]:
        return loader.load(settings.data, on_error or stop)

    def read_as_is(
        self, settings: SlotFillingSettings, on_error: OnError | None = None
    ) -> Iterable[UtteranceRecord]:
        return loader.read(settings.data, on_error or stop)

    def write(
        self, records: Iterable[UtteranceRecord], path: Path, format_: str | None, tags: str | None
    ) -> str:
        return writer.write(records, path, format_, tags)

    def to_json(self, record: UtteranceRecord) -> dict[str, Any]:
        return to_json(record)

    def bundled_settings(
        self, settings: SlotFillingSettings, files: Mapping[str, str]
    ) -> SlotFillingSettings:
        data = loader.bundled_settings(settings.data, files)
        columns = detect.columns_of(settings.data) | settings.retrain.columns
        retrain = settings.retrain.model_copy(update={"columns": columns})
        return settings.model_copy(update={"data": data, "retrain": retrain})

    def describe_errors(self, errors: Sequence[DataError]) -> list[Advice]:
        return describe_errors(errors)

    def repair(
        self, settings: SlotFillingSettings
    ) -> Iterable[tuple[Path, Path, Sequence[tuple[int, str]]]]:
        return repair.repair(settings.data)

    def audit(self, splits: Mapping[str, Sequence[UtteranceRecord]]) -> list[Table]:
        return audit.audit(splits)


class SlotModelSide(ModelSide[SlotFillingSettings, UtteranceRecord, SlotTokenizer, keras.Model]):
    """Builds, trains and exports the joint tagger of slots and intent."""

    def learn(
        self, settings: SlotFillingSettings, records: Iterable[UtteranceRecord]
    ) -> Vocabularies:
        return learn(settings, records)

    def grow(
        self,
        settings: SlotFillingSettings,
        vocabularies: Vocabularies,
        old: Sequence[UtteranceRecord],
        new: Sequence[UtteranceRecord],
    ) -> Vocabularies:
        return growth.grow(settings, vocabularies, old, new)

    def layout(self, settings: SlotFillingSettings, vocabularies: Vocabularies) -> Layout:
        return growth.layout(settings, vocabularies)

    def build_tokenizer(self, settings: SlotFillingSettings, folder: Path) -> SlotTokenizer:
        return build_tokenizer(settings, folder)

    def build_encoder(
        self,
        settings: SlotFillingSettings,
        tokenizer: SlotTokenizer,
        vocabularies: Vocabularies,
        records: Iterable[UtteranceRecord],
    ) -> Encoder:
        return build_encoder(settings, tokenizer, vocabularies, records)

    def build_model(self, settings: SlotFillingSettings, vocabularies: Vocabularies) -> keras.Model:
        return build_model(settings, vocabularies)

    def losses(
        self, settings: SlotFillingSettings, model: keras.Model
    ) -> dict[str, keras.losses.Loss]:
        return losses(settings, model)

    def before_training(
        self,
        settings: SlotFillingSettings,
        tokenizer: SlotTokenizer,
        model: keras.Model,
        vocabularies: Vocabularies,
        records: Iterable[UtteranceRecord],
    ) -> None:
        count_training_words(tokenizer, model, vocabularies, records)

    def after_training(
        self,
        settings: SlotFillingSettings,
        tokenizer: SlotTokenizer,
        model: keras.Model,
        vocabularies: Vocabularies,
        records: Sequence[UtteranceRecord],
    ) -> Mapping[str, float]:
        return calibrate.calibrate(settings, tokenizer, model, vocabularies, records)

    def count_tokens(self, tokenizer: SlotTokenizer, texts: Sequence[str]) -> list[tuple[int, int]]:
        return count_tokens(tokenizer, texts)

    def build_service(
        self, tokenizer: SlotTokenizer, model: keras.Model, vocabularies: Vocabularies
    ) -> Service:
        return serving.build_service(tokenizer, model, vocabularies)


class SlotAnswerSide(AnswerSide[UtteranceRecord, UtteranceAnswer]):
    """Converts outputs of the exported graph to answers."""

    def read(self, texts: Sequence[str], outputs: Mapping[str, Any]) -> list[UtteranceAnswer]:
        return serving.read_answers(texts, outputs)

    def suggest(self, answer: UtteranceAnswer) -> UtteranceRecord:
        return serving.suggest(answer)

    def confidence(self, answer: UtteranceAnswer) -> float:
        return serving.confidence(answer)

    def labels(self, record: UtteranceRecord) -> Mapping[str, Sequence[str]]:
        return scoring.labels(record)


class SlotJudgeSide(
    JudgeSide[SlotFillingSettings, UtteranceRecord, UtteranceAnswer, SlotTokenizer, keras.Model]
):
    """Scores answers against records, makes stress sets and writes the report."""

    def score(
        self,
        settings: SlotFillingSettings,
        records: Sequence[UtteranceRecord],
        answers: Sequence[UtteranceAnswer],
    ) -> Scores:
        return scoring.score(settings, records, answers)

    def stress(
        self,
        settings: SlotFillingSettings,
        train: Iterable[UtteranceRecord],
        records: Sequence[UtteranceRecord],
        seed: int,
    ) -> Mapping[str, list[UtteranceRecord]]:
        return stress.stress(settings, train, records, seed)

    def baseline(
        self,
        settings: SlotFillingSettings,
        train: Iterable[UtteranceRecord],
        records: Sequence[UtteranceRecord],
    ) -> list[UtteranceAnswer]:
        return baseline.baseline(settings, train, records)

    def report(
        self,
        settings: SlotFillingSettings,
        tokenizer: SlotTokenizer,
        model: keras.Model,
        records: Sequence[UtteranceRecord],
        answers: Sequence[UtteranceAnswer],
    ) -> list[Section]:
        return report.report(settings, tokenizer, model, records, answers)


TASK = Task(
    name="slot_filling",
    example="flights_slots",
    headline="slot_f1",
    settings=SlotFillingSettings,
    space=SPACE,
    data=SlotDataSide(),
    model=SlotModelSide(),
    answers=SlotAnswerSide(),
    judge=SlotJudgeSide(),
)
