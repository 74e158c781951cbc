"""Translation: a text in one language becomes a text in another.

    「订5月1日到北京的机票」    Book a ticket to Beijing on May 1st.
    「订5月1日离开北京的机票」  Book a ticket from Beijing on May 1st.

The chain, in the order of the record below: `loader` reads pairs of files (`formats`), leaves out
what `filters` reject, and gives `example`s; `detect` and `direction` decide how to read a new file;
`writer`, `repair` and `audit` serve the files' owner; `tokenizer` learns the pieces of both
languages and cuts long texts into segments; `encoder` makes batches; `model` is the encoder, the
decoder and its attention; `shortlist_fit` learns which pieces a piece may become (`lexicon`);
`search` asks `pipeline.decoding` for the best translation; `serving` joins all into a graph from
strings to translations; `scoring` compares them with references; `baseline` gives the translation
of the nearest known sentence; `attention_report` shows where the model looked.
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
    """Annotated files become records, and back."""

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
    """Records become a translator with attention."""

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
    """Outputs of the service become answers."""

    def read(self, texts: Sequence[str], outputs: Mapping[str, Any]) -> list[PairAnswer]:
        return serving.read_answers(texts, outputs)

    def suggest(self, answer: PairAnswer) -> PairRecord:
        return serving.suggest(answer)

    def confidence(self, answer: PairAnswer) -> float:
        return serving.confidence(answer)


class PairJudgeSide(
    JudgeSide[TranslationSettings, PairRecord, PairAnswer, PairTokenizer, Translator]
):
    """Answers are scored against records and shown in the report."""

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
