"""One BiLSTM tagger written in several ways, each trained in a separate process.

python benchmarks/taggers.py batches FILE CONFIG         write the batches, print their facts
python benchmarks/taggers.py WAY FILE [THREADS ...]       called by `train_speed.py`

A trainer reads commands from standard input, one per line, and answers each with a JSON object:
`round` trains an epoch and returns its seconds, `score` returns the share of correctly tagged
tokens.
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
# No augmentation: replaced values would change the lengths.
OVERRIDES = ("train.redrawn_values=0", "train.masked_values=0", "train.masked_context=0")
MATRIX = 2048  # rows and columns of the matrices whose product gives the machine's peak


class Batches(NamedTuple):
    """The batches of an epoch: `words` (0 = padding), `tags` (-1 = padding), [rows, tokens]."""

    words: list[np.ndarray]
    tags: list[np.ndarray]
    num_words: int
    num_tags: int


class Trainer(NamedTuple):
    """`epoch()` trains on all batches; `predict(words)` returns tags [rows, tokens]."""

    epoch: Callable[[], Any]
    predict: Callable[[np.ndarray], np.ndarray]


def write_batches(file: Path, name: str) -> dict[str, Any]:
    """Write the batches of one epoch of the pipeline, and return facts about them."""
    from pipeline.start import quiet_start

    with quiet_start():
        from pipeline.config import load_config
        from pipeline.datasets import batches, store
        from pipeline.stages.data import prepare
        from pipeline.stages.training import environment
        from pipeline.stages.training.assembly import write_vocabularies
        from pipeline.tasks import find_task, schema_of
        from pipeline.tasks.slot_filling.records import tag_names

    overrides = (*OVERRIDES, f"train.seed={SEED}", f"train.batch_size={BATCH_SIZE}")
    config = load_config(name, schema_of, overrides)
    task, settings = find_task(config.task), config.settings
    data = prepare.run(task, config)
    vocabularies = task.model.learn(settings, store.records(data, "train"))
    with tempfile.TemporaryDirectory() as folder:
        write_vocabularies(Path(folder), vocabularies)
        tokenizer = task.model.build_tokenizer(settings, Path(folder))
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
    """Build the tagger of this project's layers, with the same optimizer as the other ways."""
    return _ours(batches, threads, as_train_stage=False)


def pipeline(batches: Batches, *threads: str) -> Trainer:
    """Build the same tagger compiled as the train stage does: clipping, averaging, a schedule."""
    return _ours(batches, threads, as_train_stage=True)


def _ours(batches: Batches, threads: tuple[str, ...], as_train_stage: bool) -> Trainer:
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
    if as_train_stage:
        config = load_config("flights_slots", schema_of, (f"train.learning_rate={LEARNING_RATE}",))
        task = SimpleNamespace(model=SimpleNamespace(losses=lambda *_: TokenLoss()))
        training: Any = SimpleNamespace(
            run=SimpleNamespace(task=task, settings=config.settings),
            settings=config.settings.train,
            parts=SimpleNamespace(model=model),
            warm=None,
            steps=len(batches.words),
        )
        train.Training.compile(training)
        # `fit` ends by setting the weights to their averages; it must not do so after each epoch.
        model.optimizer.finalize_variable_values = lambda _: None
    else:
        model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=TokenLoss())
    return _fit_trainer(model, batches)


def stock(batches: Batches, *threads: str) -> Trainer:
    """Build the tagger of stock Keras layers: a masked `Bidirectional(LSTM)`."""
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
    return _fit_trainer(model, batches)


def _keras(threads: tuple[str, ...]) -> Any:
    """Start Keras on TensorFlow with the given numbers of threads: intra-op and inter-op."""
    from pipeline.start import quiet_start

    with quiet_start():
        import keras
        import tensorflow as tf

        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(int(threads[0]))
            tf.config.threading.set_inter_op_parallelism_threads(int(threads[1]))
        tf.constant(0)  # initializes TensorFlow's context
    keras.utils.set_random_seed(SEED)
    return keras


def _fit_trainer(model: Any, batches: Batches) -> Trainer:
    """Return a trainer that calls `fit` on a tf.data stream, as the train stage does."""
    import tensorflow as tf

    words, tags = (
        tf.constant(np.concatenate([array.ravel() for array in arrays]))
        for arrays in (batches.words, batches.tags)
    )
    shapes = tf.constant([array.shape for array in batches.words])
    offsets = tf.cumsum(tf.reduce_prod(shapes, axis=1), exclusive=True)

    def cut(index: Any) -> tuple[Any, Any]:
        shape, offset = shapes[index], offsets[index]
        size = tf.reduce_prod(shape)
        return tuple(tf.reshape(flat[offset : offset + size], shape) for flat in (words, tags))

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
    """Build the tagger in PyTorch: `nn.LSTM` and fused Adam, on tensors prepared in advance.

    `layout` is "padded" (padding is computed like words) or "packed" (padding is left out).
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
        """Return the logits of real tokens only, one row per token."""
        ids = pack_padded_sequence(words, lengths, batch_first=True)
        states, _ = lstm(PackedSequence(embedding(ids.data), ids.batch_sizes))
        return dense(states.data)

    def prepare_batch(words: np.ndarray, tags: np.ndarray) -> tuple[Any, Any, Any]:
        """Return words with the longest row first, as packing needs it, lengths, and flat tags."""
        words, tags = (torch.from_numpy(a[::-1].astype(np.int64)) for a in (words, tags))
        lengths = (words != 0).sum(dim=1)
        packed = layout == "packed"
        gold = pack_padded_sequence(tags, lengths, batch_first=True).data if packed else tags
        return words, lengths, gold.reshape(-1)

    logits = {"padded": logits_padded, "packed": logits_packed}[layout]
    epoch = [prepare_batch(*batch) for batch in zip(batches.words, batches.tags, strict=True)]

    def train() -> None:
        for words, lengths, tags in epoch:
            optimizer.zero_grad(set_to_none=True)
            scores = logits(words, lengths)
            loss(scores.reshape(-1, batches.num_tags), tags).backward()
            optimizer.step()

    @torch.no_grad()
    def predict(words: np.ndarray) -> np.ndarray:
        return logits_padded(torch.from_numpy(words.astype(np.int64)), None).argmax(-1).numpy()

    return Trainer(train, predict)


def peak() -> dict[str, float]:
    """Return the best GFLOP/s of a few large float32 products, by NumPy and by TensorFlow."""
    import tensorflow as tf

    left, right = np.random.default_rng(SEED).random((2, MATRIX, MATRIX), np.float32)
    tensors = tf.constant(left), tf.constant(right)
    products = {
        "numpy": lambda: left @ right,
        "tensorflow": lambda: tf.matmul(*tensors).numpy(),
    }
    gflops = {}
    for name, product in products.items():
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            product()
            seconds.append(time.perf_counter() - start)
        gflops[name] = 2 * MATRIX**3 / min(seconds) / 1e9
    return gflops


def accuracy(trainer: Trainer, batches: Batches) -> float:
    correct = total = 0
    for words, tags in zip(batches.words, batches.tags, strict=True):
        real = tags >= 0
        correct += int((trainer.predict(words) == tags)[real].sum())
        total += int(real.sum())
    return correct / total


def run_commands(trainer: Trainer, batches: Batches) -> None:
    """Warm up, report ready, and answer commands until standard input ends."""
    trainer.epoch()
    _send({"ready": True})
    for line in sys.stdin:
        if line.strip() == "score":
            _send({"score": accuracy(trainer, batches)})
        else:
            start = time.perf_counter()
            trainer.epoch()
            _send({"seconds": time.perf_counter() - start})


def run_peak_commands() -> None:
    _keras(())
    peak()
    _send({"ready": True})
    for _ in sys.stdin:
        _send(peak())


def _send(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


WAYS = {"ours": ours, "pipeline": pipeline, "stock": stock, "pytorch": pytorch}

if __name__ == "__main__":
    way, path, *rest = sys.argv[1:]
    if way == "batches":
        _send(write_batches(Path(path), *rest))
    elif way == "peak":
        run_peak_commands()
    else:
        loaded = read_batches(Path(path))
        run_commands(WAYS[way](loaded, *rest), loaded)
