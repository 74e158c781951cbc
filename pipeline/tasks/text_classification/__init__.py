"""Text classification: assign one label, or several, to a text.

    "What is the capital of Yugoslavia?"   place
    「西安到成都的票怎么改签」               change

The files, in the order in which the data passes through them:

    settings          the config file's settings and their defaults
    detect            detects format and columns of a user's file
    columns           finds the columns of texts and labels in a table
    file_format       how to read the file of one split
    formats/          readers and writers, one file for each format
    loader            reads the files of a config, checks every example, makes the splits
    records           the example: its labels, its form in the dataset store, its answer
    writer            writes records to a file in a user's format
    repair            writes a copy of a file with safe repairs
    audit             tables of suspicious labels, such as one text with two labels
    tokenizer         learns the vocabularies; makes token ids and n-gram ids
    encoder           makes inputs, targets and weights of training batches
    model             the classifier: encoders, a linear layer over n-grams, and the losses
    ngram_fit         sets scales and SVM weights of the n-grams before training
    linear_svm        fits a linear support vector machine for each label
    growth            adds labels and pieces of new data to a trained model
    calibrate         sets the temperature and the thresholds after training
    serving           the exported graph from strings to labels; answers as plain dicts
    scoring           metrics of answers against gold labels
    stress            harder test sets; this task has none
    baseline          the cheap reference model: TF-IDF and a linear SVM
    attribution       the contribution of each token and n-gram to an answer
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
from pipeline.tasks.text_classification import (
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
from pipeline.tasks.text_classification.encoder import build_encoder
from pipeline.tasks.text_classification.model import build_model, losses
from pipeline.tasks.text_classification.ngram_fit import fit_ngrams
from pipeline.tasks.text_classification.records import TextAnswer, TextRecord, features, to_json
from pipeline.tasks.text_classification.settings import SPACE, TextClassificationSettings
from pipeline.tasks.text_classification.tokenizer import (
    TextTokenizer,
    build_tokenizer,
    count_tokens,
    learn,
)
from pipeline.userfiles.explain import describe_errors


class TextDataSide(DataSide[TextClassificationSettings, TextRecord]):
    """Converts between labelled files and records."""

    def detect(self, path: Path, format_: str | None = None) -> Detected:
        return detect.detect(path, format_)

    def adopt(
        self, settings: TextClassificationSettings, path: Path, purpose: Purpose = "learn"
    ) -> TextClassificationSettings:
        data = detect.adopt(settings.data, path, settings.retrain.columns, purpose)
        return settings.model_copy(update={"data": data})

    def features(self) -> Any:
        return features()

    def load(
        self, settings: TextClassificationSettings, on_error: OnError | None = None
    ) -> Source[TextRecord]:
        return loader.load(settings.data, on_error or stop)

    def read_as_is(
        self, settings: TextClassificationSettings, on_error: OnError | None = None
    ) -> Iterable[TextRecord]:
        return loader.read(settings.data, on_error or stop)

    def write(
        self, records: Iterable[TextRecord], path: Path, format_: str | None, tags: str | None
    ) -> str:
        return writer.write(records, path, format_, tags)

    def to_json(self, record: TextRecord) -> dict[str, Any]:
        return to_json(record)

    def bundled_settings(
        self, settings: TextClassificationSettings, files: Mapping[str, str]
    ) -> TextClassificationSettings:
        data = loader.bundled_settings(settings.data, files)
        columns = detect.columns_of(settings.data) | settings.retrain.columns
        retrain = settings.retrain.model_copy(update={"columns": columns})
        return settings.model_copy(update={"data": data, "retrain": retrain})

    def describe_errors(self, errors: Sequence[DataError]) -> list[Advice]:
        return describe_errors(errors)

    def repair(
        self, settings: TextClassificationSettings
    ) -> Iterable[tuple[Path, Path, Sequence[tuple[int, str]]]]:
        return repair.repair(settings.data)

    def audit(self, splits: Mapping[str, Sequence[TextRecord]]) -> list[Table]:
        return audit.audit(splits)


class TextModelSide(ModelSide[TextClassificationSettings, TextRecord, TextTokenizer, keras.Model]):
    """Builds, trains and exports the text classifier."""

    over_limit = "the encoder skips the middle of these texts"

    def learn(
        self, settings: TextClassificationSettings, records: Iterable[TextRecord]
    ) -> Vocabularies:
        return learn(settings, records)

    def grow(
        self,
        settings: TextClassificationSettings,
        vocabularies: Vocabularies,
        old: Sequence[TextRecord],
        new: Sequence[TextRecord],
    ) -> Vocabularies:
        return growth.grow(settings, vocabularies, old, new)

    def layout(self, settings: TextClassificationSettings, vocabularies: Vocabularies) -> Layout:
        return growth.layout(settings, vocabularies)

    def build_tokenizer(self, settings: TextClassificationSettings, folder: Path) -> TextTokenizer:
        return build_tokenizer(settings, folder)

    def build_encoder(
        self,
        settings: TextClassificationSettings,
        tokenizer: TextTokenizer,
        vocabularies: Vocabularies,
        records: Iterable[TextRecord],
    ) -> Encoder:
        return build_encoder(settings, tokenizer, vocabularies, records)

    def build_model(
        self, settings: TextClassificationSettings, vocabularies: Vocabularies
    ) -> keras.Model:
        return build_model(settings, vocabularies)

    def losses(
        self, settings: TextClassificationSettings, model: keras.Model
    ) -> dict[str, keras.losses.Loss]:
        return losses(settings, model)

    def before_training(
        self,
        settings: TextClassificationSettings,
        tokenizer: TextTokenizer,
        model: keras.Model,
        vocabularies: Vocabularies,
        records: Iterable[TextRecord],
    ) -> None:
        fit_ngrams(settings, tokenizer, model, vocabularies, records)

    def after_training(
        self,
        settings: TextClassificationSettings,
        tokenizer: TextTokenizer,
        model: keras.Model,
        vocabularies: Vocabularies,
        records: Sequence[TextRecord],
    ) -> Mapping[str, float]:
        return calibrate.calibrate(settings, tokenizer, model, vocabularies, records)

    def count_tokens(self, tokenizer: TextTokenizer, texts: Sequence[str]) -> list[tuple[int, int]]:
        return count_tokens(tokenizer, texts)

    def max_tokens(self, tokenizer: TextTokenizer) -> int | None:
        return tokenizer.settings.max_tokens if tokenizer.vocabulary is not None else None

    def build_service(
        self, tokenizer: TextTokenizer, model: keras.Model, vocabularies: Vocabularies
    ) -> Service:
        return serving.build_service(tokenizer, model, vocabularies)


class TextAnswerSide(AnswerSide[TextRecord, TextAnswer]):
    """Converts outputs of the exported graph to answers."""

    def read(self, texts: Sequence[str], outputs: Mapping[str, Any]) -> list[TextAnswer]:
        return serving.read_answers(texts, outputs)

    def suggest(self, answer: TextAnswer) -> TextRecord:
        return serving.suggest(answer)

    def confidence(self, answer: TextAnswer) -> float:
        return serving.confidence(answer)

    def labels(self, record: TextRecord) -> Mapping[str, Sequence[str]]:
        return scoring.labels(record)


class TextJudgeSide(
    JudgeSide[TextClassificationSettings, TextRecord, TextAnswer, TextTokenizer, keras.Model]
):
    """Scores answers against records and writes the report."""

    def score(
        self,
        settings: TextClassificationSettings,
        records: Sequence[TextRecord],
        answers: Sequence[TextAnswer],
    ) -> Scores:
        return scoring.score(settings, records, answers)

    def stress(
        self,
        settings: TextClassificationSettings,
        train: Iterable[TextRecord],
        records: Sequence[TextRecord],
        seed: int,
    ) -> Mapping[str, list[TextRecord]]:
        return stress.stress(settings, train, records, seed)

    def baseline(
        self,
        settings: TextClassificationSettings,
        train: Iterable[TextRecord],
        records: Sequence[TextRecord],
    ) -> list[TextAnswer]:
        return baseline.baseline(settings, train, records)

    def report(
        self,
        settings: TextClassificationSettings,
        tokenizer: TextTokenizer,
        model: keras.Model,
        records: Sequence[TextRecord],
        answers: Sequence[TextAnswer],
    ) -> list[Section]:
        return report.report(settings, tokenizer, model, records, answers)


TASK = Task(
    name="text_classification",
    example="flights_intents",
    headline="accuracy",
    settings=TextClassificationSettings,
    space=SPACE,
    data=TextDataSide(),
    model=TextModelSide(),
    answers=TextAnswerSide(),
    judge=TextJudgeSide(),
)
