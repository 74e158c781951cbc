"""A fourth task in one file: is a sentence short, medium or long?

It has what no task can do without, and leaves all else to the defaults of the sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import keras
import tensorflow as tf
import tensorflow_datasets as tfds

from pipeline.config import (
    DataSection,
    ExportSettings,
    RetrainSettings,
    Section,
    TaskSettings,
    TrainSettings,
)
from pipeline.datasets.batches import Encoder, Rows
from pipeline.datasets.lines import read_objects, stop
from pipeline.errors import DataError
from pipeline.metrics.labels import accuracy
from pipeline.task import (
    Answer,
    AnswerSide,
    DataSide,
    JudgeSide,
    ModelSide,
    OnError,
    Record,
    Scores,
    Service,
    Source,
    Task,
    Vocabularies,
)
from pipeline.text import tokens
from pipeline.text.vocabulary import UNKNOWN_ID, Vocabulary, list_terms

CLASSES = ("short", "medium", "long")


class ColumnSettings(Section):
    """The keys of a JSONL object."""

    text: str = "text"
    length: str = "length"


class DataSettings(DataSection):
    """A JSONL file for each split."""

    format: Literal["jsonl"]
    files: dict[str, str]
    columns: ColumnSettings = ColumnSettings()


class LengthSettings(TaskSettings):
    """A whole config file."""

    task: Literal["sentence_length"]
    data: DataSettings
    train: TrainSettings = TrainSettings()
    export: ExportSettings = ExportSettings()
    retrain: RetrainSettings = RetrainSettings()


class LengthRecord(Record):
    """A sentence and its class."""

    length: str


class LengthAnswer(Answer):
    """The most likely class and its probability."""

    length: str
    score: float


class WordTokenizer(tf.Module):
    """Strings [batch] to ids of words, and to what the model reads of them."""

    def __init__(self, words: Path) -> None:
        super().__init__(name="tokenizer")
        self.words = Vocabulary(words)

    def ids(self, text: tf.Tensor) -> tf.RaggedTensor:
        """int32 ids, ragged [batch, words]."""
        return self.words.ids(tokens.normalize(tokens.tokenize(tokens.clean(text)).surface))

    def counts(self, text: tf.Tensor) -> tf.Tensor:
        """The number of words and of the known ones, float [batch, 2]."""
        ids = self.ids(text)
        known = tf.reduce_sum(tf.cast(ids != UNKNOWN_ID, tf.int32), axis=1)
        return tf.cast(tf.stack([tf.cast(ids.row_lengths(), tf.int32), known], axis=1), tf.float32)


class LengthDataSide(DataSide[LengthSettings, LengthRecord]):
    """JSON lines become records."""

    def features(self) -> tfds.features.FeaturesDict:
        text = tfds.features.Text
        return tfds.features.FeaturesDict({"text": text(), "length": text(), "source": text()})

    def load(
        self, settings: LengthSettings, on_error: OnError | None = None
    ) -> Source[LengthRecord]:
        names, report = settings.data.columns, on_error or stop

        def read(path: Path) -> Iterator[LengthRecord]:
            for line, row in read_objects(path, report):
                text, length = row.get(names.text), row.get(names.length)
                if isinstance(text, str) and length in CLASSES:
                    yield {"text": text, "length": length, "source": f"{path}:{line}"}
                else:
                    expected = f"`{names.text}`, and `{names.length}` of {', '.join(CLASSES)}"
                    report(DataError(path, line, f"its keys: {', '.join(row)}", expected))

        files = {split: Path(name) for split, name in settings.data.files.items()}
        splits = {split: lambda path=path: read(path) for split, path in files.items()}
        return Source(splits, list(files.values()))


class LengthModelSide(ModelSide[LengthSettings, LengthRecord, WordTokenizer, keras.Model]):
    """Records become a classifier of two counts."""

    def learn(self, settings: LengthSettings, records: Iterable[LengthRecord]) -> Vocabularies:
        words: Counter[str] = Counter()
        for record in records:
            surface = tokens.tokenize(tf.constant([record["text"]])).surface
            words.update(tokens.normalize(surface).flat_values.numpy().tolist())
        return {"words": list_terms(Counter({w.decode(): n for w, n in words.items()}))}

    def build_tokenizer(self, settings: LengthSettings, folder: Path) -> WordTokenizer:
        return WordTokenizer(folder / "words.txt")

    def build_encoder(
        self,
        settings: LengthSettings,
        tokenizer: WordTokenizer,
        vocabularies: Vocabularies,
        records: Iterable[LengthRecord],
    ) -> Encoder:
        classes = tf.constant(CLASSES)

        def encode(batch: Rows, seed: tf.Tensor) -> Rows:
            counts = tokenizer.counts(batch["text"])
            gold = tf.argmax(batch["length"][:, None] == classes, axis=1, output_type=tf.int32)
            return {"length": tf.cast(counts[:, 0], tf.int32), "counts": counts, "gold": gold}

        def pad(rows: Rows) -> tuple[Rows, Rows, Rows]:
            weights = tf.ones_like(rows["gold"], tf.float32)
            return {"counts": rows["counts"]}, {"logits": rows["gold"]}, {"logits": weights}

        return Encoder(encode, pad)

    def build_model(self, settings: LengthSettings, vocabularies: Vocabularies) -> keras.Model:
        counts = keras.Input((2,), name="counts")
        hidden = keras.layers.Dense(16, activation="relu", name="hidden")(keras.ops.log1p(counts))
        logits = keras.layers.Dense(len(CLASSES), name="logits")(hidden)
        return keras.Model({"counts": counts}, {"logits": logits})

    def losses(self, settings: LengthSettings, model: keras.Model) -> dict[str, keras.losses.Loss]:
        return {"logits": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}

    def count_tokens(self, tokenizer: WordTokenizer, texts: Sequence[str]) -> list[tuple[int, int]]:
        ids = tokenizer.ids(tf.constant(list(texts), tf.string)).to_list()
        return [(len(row), row.count(UNKNOWN_ID)) for row in ids]

    def build_service(
        self, tokenizer: WordTokenizer, model: keras.Model, vocabularies: Vocabularies
    ) -> Service:
        module = tf.Module(name="sentence_length")
        module.tokenizer = tokenizer
        module.weights = [variable.value for variable in model.variables]
        text = tf.TensorSpec([None], tf.string, name="text")

        def scores(text: tf.Tensor) -> tf.Tensor:
            counts = tokenizer.counts(text)
            return tf.nn.softmax(model({"counts": counts}, training=False)["logits"])

        @tf.function(input_signature=[text])
        def serving_default(text: tf.Tensor) -> dict[str, tf.Tensor]:
            found = scores(text)
            best = tf.argmax(found, axis=1)
            return {
                "length": tf.gather(tf.constant(CLASSES), best),
                "score": tf.reduce_max(found, axis=1),
            }

        @tf.function(input_signature=[text])
        def margin(text: tf.Tensor) -> tf.Tensor:
            two = tf.math.top_k(scores(text), 2).values
            return two[:, 0] - two[:, 1]

        module.serving_default = serving_default
        return Service(module, {"serving_default": serving_default}, margin)


class LengthAnswerSide(AnswerSide[LengthRecord, LengthAnswer]):
    """Outputs become answers."""

    def read(self, texts: Sequence[str], outputs: Mapping[str, Any]) -> list[LengthAnswer]:
        return [
            {"text": text, "length": length.decode(), "score": round(float(score), 6)}
            for text, length, score in zip(texts, outputs["length"], outputs["score"], strict=True)
        ]

    def suggest(self, answer: LengthAnswer) -> LengthRecord:
        return {"text": answer["text"], "length": answer["length"], "source": ""}


class LengthJudgeSide(
    JudgeSide[LengthSettings, LengthRecord, LengthAnswer, WordTokenizer, keras.Model]
):
    """Answers are scored by accuracy."""

    def score(
        self,
        settings: LengthSettings,
        records: Sequence[LengthRecord],
        answers: Sequence[LengthAnswer],
    ) -> Scores:
        golds, found = ([[row["length"]] for row in rows] for rows in (records, answers))
        counts = accuracy(golds, found)
        errors = [
            {"source": record["source"], "text": record["text"], "length": answer["length"]}
            for record, answer in zip(records, answers, strict=True)
            if record["length"] != answer["length"]
        ]
        metrics = {"accuracy": counts.interval().as_dict()}
        return Scores(metrics, [], errors, {"accuracy": counts})


TASK = Task(
    name="sentence_length",
    example="sentence_length",
    headline="accuracy",
    settings=LengthSettings,
    space={},
    data=LengthDataSide(),
    model=LengthModelSide(),
    answers=LengthAnswerSide(),
    judge=LengthJudgeSide(),
)
