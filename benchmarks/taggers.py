"""One BiLSTM tagger in three frameworks' ways, each trained in a process of its own.

python benchmarks/taggers.py batches FILE CONFIG                 writes the batches, prints facts
python benchmarks/taggers.py WAY FILE [THREADS ...]              what `train_speed.py` calls

A trainer answers the lines of its standard input, one JSON object each: `round` trains an epoch and
gives its seconds, `score` gives the share of tokens that the model now tags right.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

EMBEDDING_DIM, HIDDEN_DIM, LEARNING_RATE, BATCH_SIZE, SEED = 128, 128, 1e-3, 32, 1
# Each text as it stands: what is redrawn in training would change the lengths.
OVERRIDES = ("train.redrawn_values=0", "train.masked_values=0", "train.masked_context=0")
MATRIX = 2048  # rows and columns of those multiplied to find the machine's peak


class Batches(NamedTuple):
    """An epoch in its order: `words` (0 = padding) and `tags` (-1 = padding), [rows, tokens]."""

    words: list[np.ndarray]
    tags: list[np.ndarray]
    num_words: int
    num_tags: int


class Trainer(NamedTuple):
    """`epoch()` trains on all batches; `predict(words)` gives tags [rows, tokens]."""

    epoch: Callable[[], Any]
    predict: Callable[[np.ndarray], np.ndarray]


def write_batches(file: Path, name: str) -> dict[str, Any]:
    """Writes an epoch as the pipeline would train on it, and gives the facts about it."""
    from pipeline.start import quiet_start

    with quiet_start():
        from pipeline.config import load_config
        from pipeline.datasets import batches, store
        from pipeline.stages.data import prepare
        from pipeline.stages.training import environment
        from pipeline.stages.training.assembly import VOCABULARIES, write_vocabularies
        from pipeline.tasks import find_task, schema_of
        from pipeline.tasks.slot_filling.records import tag_names

    overrides = (*OVERRIDES, f"train.seed={SEED}", f"train.batch_size={BATCH_SIZE}")
    config = load_config(name, schema_of, overrides)
    task, settings = find_task(config.task), config.settings
    data = prepare.run(task, config)
    vocabularies = task.model.learn(settings, store.records(data, "train"))
    with tempfile.TemporaryDirectory() as folder:
        write_vocabularies(Path(folder), vocabularies)
        tokenizer = task.model.build_tokenizer(settings, Path(folder) / VOCABULARIES)
        stream = batches.training_batches(
            store.examples(data, "train"),
            task.model.build_encoder(
                settings, tokenizer, vocabularies, store.records(data, "train")
            ),
            batch_size=BATCH_SIZE,
            seed=SEED,
            buffer=settings.train.shuffle_buffer,
            first_epoch=0,
            epochs=1,
        )
        epoch = [
            (inputs["words"], out["member_tags"]) for inputs, out, _ in stream.as_numpy_iterator()
        ]
    words, tags = zip(*epoch, strict=True)
    num_words, num_tags = len(vocabularies["words"]), len(tag_names(vocabularies["slots"]))
    np.savez(
        file,
        shapes=[array.shape for array in words],
        words=np.concatenate([array.ravel() for array in words]),
        tags=np.concatenate([array.ravel() for array in tags]),
        sizes=[num_words, num_tags],
    )
    return {
        "cell": {
            "config": name,
            "overrides": overrides,
            "seed": SEED,
            "config_hash": config.digest(),
        },
        "environment": environment.facts(),
        "data": {"key": data.builder_config.name, **data.info.metadata},
        "epoch": {
            "batches": len(words),
            "tokens": int(sum((array >= 0).sum() for array in tags)),
            "padded_tokens": int(sum(array.size for array in words)),
            "words": num_words,
            "tags": num_tags,
        },
    }


def read_batches(file: Path) -> Batches:
    with np.load(file) as stored:
        shapes, (num_words, num_tags) = stored["shapes"], stored["sizes"].tolist()
        ends = np.cumsum(shapes.prod(axis=1))[:-1]
        words, tags = (
            [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
            for parts in (np.split(stored["words"], ends), np.split(stored["tags"], ends))
        )
    return Batches(words, tags, num_words, num_tags)


def ours(batches: Batches, *threads: str) -> Trainer:
    """This project's layers, with the optimizer that all ways share."""
    return _ours(batches, threads, as_the_pipeline=False)


def pipeline(batches: Batches, *threads: str) -> Trainer:
    """The same, compiled by the train stage itself: with clipping, averaging and a schedule."""
    return _ours(batches, threads, as_the_pipeline=True)


def _ours(batches: Batches, threads: tuple[str, ...], as_the_pipeline: bool) -> Trainer:
    keras = _keras(threads)
    from types import SimpleNamespace

    from pipeline.config import load_config
    from pipeline.layers.encoders import EncoderSizes, encode
    from pipeline.stages.training import train
    from pipeline.tasks import schema_of
    from pipeline.tasks.slot_filling.model import TokenLoss

    words = keras.Input((None,), dtype="int32", name="words")
    vectors = keras.layers.Embedding(batches.num_words, EMBEDDING_DIM)(words)
    sizes = EncoderSizes(HIDDEN_DIM, bidirectional=True)
    states = encode("lstm", sizes, vectors, keras.ops.not_equal(words, 0))
    tags = keras.layers.Dense(batches.num_tags, name="tags")(states)
    model = keras.Model(words, tags)
    if as_the_pipeline:
        config = load_config("flights_slots", schema_of, (f"train.learning_rate={LEARNING_RATE}",))
        task: Any = SimpleNamespace(losses=lambda *_: TokenLoss())
        train._compile(task, config, model, len(batches.words))
        # `fit` ends by setting the weights to their averages; here it ends after every epoch.
        model.optimizer.finalize_variable_values = lambda _: None
    else:
        model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=TokenLoss())
    return _fitted(model, batches)


def stock(batches: Batches, *threads: str) -> Trainer:
    """Keras as its users write it: a masked `Bidirectional(LSTM)`."""
    keras = _keras(threads)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(batches.num_words, EMBEDDING_DIM, mask_zero=True),
            layers.Bidirectional(layers.LSTM(HIDDEN_DIM, return_sequences=True)),
            layers.Dense(batches.num_tags),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=loss)
    return _fitted(model, batches)


def _keras(threads: tuple[str, ...]) -> Any:
    """Keras on TensorFlow with these numbers of threads: within an op, and of ops."""
    from pipeline.start import quiet_start

    with quiet_start():
        import keras
        import tensorflow as tf

        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(int(threads[0]))
            tf.config.threading.set_inter_op_parallelism_threads(int(threads[1]))
        tf.constant(0)  # starts TensorFlow's context
    keras.utils.set_random_seed(SEED)
    return keras


def _fitted(model: Any, batches: Batches) -> Trainer:
    """Trained by `fit` on a stream, as the train stage does."""
    import tensorflow as tf

    words, tags = (
        tf.constant(np.concatenate([array.ravel() for array in arrays]))
        for arrays in (batches.words, batches.tags)
    )
    shapes = tf.constant([array.shape for array in batches.words])
    places = tf.cumsum(tf.reduce_prod(shapes, axis=1), exclusive=True)

    def cut(index: Any) -> tuple[Any, Any]:
        shape, place = shapes[index], places[index]
        size = tf.reduce_prod(shape)
        return tuple(tf.reshape(all_[place : place + size], shape) for all_ in (words, tags))

    stream = tf.data.Dataset.range(len(batches.words)).map(cut, tf.data.AUTOTUNE).prefetch(8)
    predict = tf.function(
        lambda words: tf.argmax(model(words, training=False), axis=-1),
        input_signature=[tf.TensorSpec([None, None], tf.int32)],
    )
    return Trainer(
        lambda: model.fit(stream, shuffle=False, verbose=0),
        lambda words: predict(words).numpy(),
    )


def pytorch(batches: Batches, layout: str, threads: str) -> Trainer:
    """Written by hand: `nn.LSTM` and the fused Adam, on tensors that lie ready.

    `layout`: "padded" reads padding like words, "packed" leaves it out everywhere.
    """
    import torch
    from torch import nn
    from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

    torch.set_num_threads(int(threads))
    torch.manual_seed(SEED)
    embedding = nn.Embedding(batches.num_words, EMBEDDING_DIM, padding_idx=0)
    lstm = nn.LSTM(EMBEDDING_DIM, HIDDEN_DIM, bidirectional=True, batch_first=True)
    dense = nn.Linear(2 * HIDDEN_DIM, batches.num_tags)
    parameters = [*embedding.parameters(), *lstm.parameters(), *dense.parameters()]
    optimizer = torch.optim.Adam(parameters, LEARNING_RATE, fused=True)
    loss = nn.CrossEntropyLoss(ignore_index=-1)

    def logits_padded(words: Any, lengths: Any) -> Any:
        del lengths
        return dense(lstm(embedding(words))[0])

    def logits_packed(words: Any, lengths: Any) -> Any:
        """A row a real token."""
        ids = pack_padded_sequence(words, lengths, batch_first=True)
        states, _ = lstm(PackedSequence(embedding(ids.data), ids.batch_sizes))
        return dense(states.data)

    def ready(words: np.ndarray, tags: np.ndarray) -> tuple[Any, Any, Any]:
        """The longest row first, as packing wants it; the flat tags in the layout's order."""
        words, tags = (torch.from_numpy(a[::-1].astype(np.int64)) for a in (words, tags))
        lengths = (words != 0).sum(dim=1)
        packed = layout == "packed"
        gold = pack_padded_sequence(tags, lengths, batch_first=True).data if packed else tags
        return words, lengths, gold.reshape(-1)

    logits = {"padded": logits_padded, "packed": logits_packed}[layout]
    epoch = [ready(*batch) for batch in zip(batches.words, batches.tags, strict=True)]

    def train() -> None:
        for words, lengths, tags in epoch:
            optimizer.zero_grad(set_to_none=True)
            found = logits(words, lengths)
            loss(found.reshape(-1, batches.num_tags), tags).backward()
            optimizer.step()

    @torch.no_grad()
    def predict(words: np.ndarray) -> np.ndarray:
        return logits_padded(torch.from_numpy(words.astype(np.int64)), None).argmax(-1).numpy()

    return Trainer(train, predict)


def peak() -> dict[str, float]:
    """GFLOP/s of large float32 products, the best of a few, by NumPy and by TensorFlow."""
    import tensorflow as tf

    left, right = np.random.default_rng(SEED).random((2, MATRIX, MATRIX), np.float32)
    there = tf.constant(left), tf.constant(right)
    products = {
        "numpy": lambda: left @ right,
        "tensorflow": lambda: tf.matmul(*there).numpy(),
    }
    found = {}
    for name, product in products.items():
        seconds = []
        for _ in range(5):
            began = time.perf_counter()
            product()
            seconds.append(time.perf_counter() - began)
        found[name] = 2 * MATRIX**3 / min(seconds) / 1e9
    return found


def share_right(trainer: Trainer, batches: Batches) -> float:
    right = total = 0
    for words, tags in zip(batches.words, batches.tags, strict=True):
        real = tags >= 0
        right += int((trainer.predict(words) == tags)[real].sum())
        total += int(real.sum())
    return right / total


def serve(trainer: Trainer, batches: Batches) -> None:
    """Warms up, says so, and answers what is asked until there is no more."""
    trainer.epoch()
    _say({"ready": True})
    for line in sys.stdin:
        if line.strip() == "score":
            _say({"score": share_right(trainer, batches)})
        else:
            began = time.perf_counter()
            trainer.epoch()
            _say({"seconds": time.perf_counter() - began})


def serve_peak() -> None:
    _keras(())
    peak()
    _say({"ready": True})
    for _ in sys.stdin:
        _say(peak())


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


WAYS = {"ours": ours, "pipeline": pipeline, "stock": stock, "pytorch": pytorch}

if __name__ == "__main__":
    way, path, *rest = sys.argv[1:]
    if way == "batches":
        _say(write_batches(Path(path), *rest))
    elif way == "peak":
        serve_peak()
    else:
        found = read_batches(Path(path))
        serve(WAYS[way](found, *rest), found)
