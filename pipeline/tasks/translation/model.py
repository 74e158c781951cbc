r"""The translator: an encoder reads the source, a decoder with attention writes the target.

    source -> embedding -> encoder -> memory [source, m] --- attention
                                   \-> summary [s] -> bridge    |
    target so far -> embedding ------------------> decoder <----+ -> logits, one per piece

Sutskever et al. 2014 and Cho et al. 2014 for the encoder-decoder, Bahdanau et al. 2015 and Luong et
al. 2015 for attention, Vaswani et al. 2017 for self-attention in both. It uses `keras.ops` and
Keras layers only, so the same model trains on JAX.

Tests of training, scoring and search share one step: `start` reads the sources, and `step` adds one
token to each hypothesis. `call` does all steps of known targets at once, with the same result.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from pipeline.layers.dropout import TokenDropout
from pipeline.layers.encoders import RECURRENT, EncoderSizes, encode
from pipeline.layers.pooling import Pooling
from pipeline.layers.recurrent_decoder import RecurrentDecoder
from pipeline.layers.self_attention_decoder import SelfAttentionDecoder
from pipeline.layers.token_loss import token_losses
from pipeline.task import Vocabularies
from pipeline.tasks.translation.settings import GLOSSARY, DecodingSettings, TranslationSettings
from pipeline.text.piece_files import piece_names

LOSSES = "token_losses"  # the output that is trained
SELF_ATTENTION = "self_attention"
Tensors = dict[str, Any]


class Translator(keras.Model):
    """From source and target ids to the loss of each target token.

    The loss is computed in the model: a Keras loss would get the logits of all pieces, thousands
    for each token (`pipeline/layers/token_loss.py`).

    Args:
        settings: The settings of the config.
        size: The number of rows in the tables of pieces.

    Shapes: {"source": int32 [batch, source], "target": int32 [batch, 1 + target], which begins with
    `<s>`} -> {"token_losses": float [batch, target]}, one for each token after `<s>`.
    """

    def __init__(self, settings: TranslationSettings, size: int) -> None:
        super().__init__(name="translator")
        model, seed = settings.model, settings.train.seed
        self.decoding = settings.decoding
        self.smoothing = settings.train.label_smoothing
        self.half = settings.train.mixed_precision
        self.sampled = settings.train.scheduled_sampling
        self.strands = settings.train.strands
        self.tied, self.joint = model.tied != "none", settings.tokenizer.joint
        self.embedding = _embedding(size, model.embedding_dim, "target_embedding")
        of_source = self.embedding
        if model.tied != "all":
            of_source = _embedding(size, model.embedding_dim, "source_embedding")
        self.reader = _reader(settings, of_source)
        self.drop = keras.layers.Dropout(model.dropout, seed=seed + 1, name="target_dropout")
        self.scale = _scale(model.decoder, model.embedding_dim)
        self.decoder = _decoder(settings)
        self.drop_output = keras.layers.Dropout(model.dropout, seed=seed + 2, name="output_dropout")
        width = model.embedding_dim if self.tied else model.hidden_dim
        narrow = self.tied and model.embedding_dim != model.hidden_dim
        self.readout = keras.layers.Dense(width, name="readout") if narrow else None
        self.pieces = Projection(size, width, self.tied, name="pieces")
        self.pieces.build((None, None, width))  # training uses its weights and never calls it
        self.generator = keras.random.SeedGenerator(seed + 3)
        self.shortlist, self.common = self._lists(size, settings.decoding)

    def call(self, inputs: Tensors, training: bool = False) -> Tensors:
        strands = self._strands(inputs) if training and self.strands > 1 else [inputs]
        losses = [self._token_losses(strand, training) for strand in strands]
        return {LOSSES: ops.concatenate(losses, axis=0) if len(losses) > 1 else losses[0]}

    def _strands(self, inputs: Tensors) -> list[Tensors]:
        """Divide the rows into parts that share only weights, so that they run in parallel."""
        rows = ops.shape(inputs["source"])[0]
        edges = [rows * number // self.strands for number in range(self.strands + 1)]
        return [
            {name: ids[start:end] for name, ids in inputs.items()}
            for start, end in itertools.pairwise(edges)
        ]

    def _token_losses(self, inputs: Tensors, training: bool) -> Any:
        source, target, gold = inputs["source"], inputs["target"][:, :-1], inputs["target"][:, 1:]
        memory, summary = self.reader(source, training=training)
        read = (memory, source != 0, summary)
        if training and self.sampled:
            guessed = self.pieces(self._outputs(target, read, training), self._table())
            target = self._mixed(target, ops.argmax(guessed, axis=-1))
        outputs = self._outputs(target, read, training)
        losses = token_losses(
            ops.reshape(outputs, (-1, outputs.shape[-1])),
            self.pieces.rows(self._table()),
            self.pieces.bias,
            ops.reshape(gold, (-1,)),
            self.smoothing if training else 0.0,
            half=self.half and training,
        )
        return ops.reshape(losses, ops.shape(gold))

    def logits(self, source: Any, target: Any) -> Any:
        """Return logits [batch, target, pieces] of the token after each target token."""
        memory, summary = self.reader(source, training=False)
        outputs = self._outputs(target, (memory, source != 0, summary), False)
        return self.pieces(outputs, self._table())

    def fix(self, source: Any) -> Tensors:
        """Return the tensors [batch, ...] of sources [batch, source] that all steps share."""
        memory, summary = self.reader(source, training=False)
        fixed: Tensors = self.decoder.fix(memory, source != 0, summary)
        return fixed

    def start(self, fixed: Tensors) -> Tensors:
        """Return the state before `<s>` of one hypothesis per source: tensors [batch, 1, ...]."""
        state: Tensors = self.decoder.start(fixed)
        return state

    def step(self, tokens: Any, state: Tensors, fixed: Tensors) -> tuple[Any, Tensors, Any]:
        """Process one more token of each hypothesis.

        Args:
            tokens: int32 [batch, n], the last token of each hypothesis.
            state: [batch, n, ...].
            fixed: The result of `fix` or `with_candidates`.

        Returns:
            Logits [batch, n, pieces or candidates], the new state, attention [batch, n, source].
        """
        return self.stepper()(tokens, state, fixed)

    def stepper(self) -> Callable[[Any, Tensors, Tensors], tuple[Any, Tensors, Any]]:
        """Return `step` for all steps of a search, with the weights transposed once.

        A product with a table in row order takes longer and leaves cores idle.
        """
        advance, columns = self.decoder.stepper(), self.pieces.columns(self._table())

        def step(tokens: Any, state: Tensors, fixed: Tensors) -> tuple[Any, Tensors, Any]:
            vectors = self.embedding(tokens) * self.scale
            outputs, state, attention = advance(vectors, state, fixed)
            outputs = self._read_out(outputs)
            if "candidate_kernel" in fixed:
                kernel = ops.swapaxes(fixed["candidate_kernel"], 1, 2)
                logits = ops.matmul(outputs, kernel) + fixed["candidate_bias"][:, None, :]
            else:
                logits = self.pieces.logits(outputs, columns)
            return logits, state, attention

        return step

    def with_candidates(self, fixed: Tensors, candidates: Any) -> Tensors:
        """Return `fixed` for a search among some pieces: int32 [batch, columns], -1 for none."""
        chosen = ops.maximum(candidates, 0)
        return {
            **fixed,
            "candidates": candidates,
            "candidate_kernel": ops.take(self.pieces.rows(self._table()), chosen, axis=0),
            "candidate_bias": ops.take(self.pieces.bias, chosen, axis=0),
        }

    def _lists(self, size: int, decoding: DecodingSettings) -> tuple[Any, Any]:
        """Target pieces to look at for each source piece, and always; `count` sets them."""
        if not decoding.shortlist:
            return None, None
        shapes = {"shortlist": (size, decoding.shortlist), "common": (decoding.shortlist_common,)}
        return tuple(
            self.add_weight(shape, _nothing, dtype="int32", trainable=False, name=name)
            for name, shape in shapes.items()
        )

    def _outputs(self, target: Any, read: tuple[Any, ...], training: bool) -> Any:
        vectors = self.drop(self.embedding(target) * self.scale, training=training)
        outputs, _ = self.decoder(vectors, *read, training=training)
        return self.drop_output(self._read_out(outputs), training=training)

    def _read_out(self, outputs: Any) -> Any:
        return outputs if self.readout is None else self.readout(outputs)

    def _table(self) -> Any:
        return self.embedding.embeddings if self.tied else None

    def _mixed(self, target: Any, guessed: Any) -> Any:
        """The target with some tokens as the model guesses them; `<s>` and padding stay."""
        guessed = ops.concatenate([target[:, :1], ops.cast(guessed[:, :-1], target.dtype)], axis=1)
        draw = keras.random.uniform(ops.shape(target), seed=self.generator) < self.sampled
        return ops.where(ops.logical_and(draw, target != 0), guessed, target)


class Projection(keras.layers.Layer):
    """Logits of pieces: outputs times a kernel of its own, or the table of embeddings, plus a bias.

    Args:
        size: Pieces.
        width: Of the outputs.
        tied: Whether the table is given.

    Shapes: outputs [batch, n, width], table [pieces, width] or None -> [batch, n, pieces].
    """

    def __init__(self, size: int, width: int, tied: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size, self.width, self.tied = size, width, tied

    def build(self, outputs_shape: Any, table_shape: Any = None) -> None:
        self.bias = self.add_weight((self.size,), "zeros", name="bias")
        if not self.tied:
            self.kernel = self.add_weight((self.size, self.width), name="kernel")

    def call(self, outputs: Any, table: Any = None) -> Any:
        return self.logits(outputs, self.columns(table))

    def logits(self, outputs: Any, columns: Any) -> Any:
        """What a call gives, by the columns of the table."""
        rows = ops.matmul(ops.reshape(outputs, (-1, self.width)), columns)
        return ops.reshape(rows + self.bias, (*ops.shape(outputs)[:-1], self.size))

    def columns(self, table: Any) -> Any:
        """A column a piece, [width, pieces]."""
        return ops.transpose(self.rows(table))

    def rows(self, table: Any) -> Any:
        """Return one row for each piece, [pieces, width]."""
        return table if self.tied else self.kernel


class GivenLoss(keras.losses.Loss):
    """The weighted mean of the losses that the model computes itself.

    Shapes: anything, losses [batch, target] -> the losses.
    """

    def __init__(self) -> None:
        super().__init__(name="token_loss", reduction="mean_with_sample_weight")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return y_pred


def build_model(settings: TranslationSettings, vocabularies: Vocabularies) -> Translator:
    """Build a translator with all its weights.

    The tables have the size of the settings; fewer pieces leave rows unused.
    """
    known = (len(piece_names(v)) for name, v in vocabularies.items() if name != GLOSSARY)
    model = Translator(settings, max(settings.tokenizer.vocabulary_size, *known, 0))
    ids = ops.ones((1, 2), "int32")
    model({"source": ids, "target": ids})
    return model


def losses(settings: TranslationSettings, model: keras.Model) -> dict[str, keras.losses.Loss]:
    """Return the loss of the next token."""
    return {LOSSES: GivenLoss()}


def _embedding(size: int, width: int, name: str) -> keras.layers.Embedding:
    # If the table is tied, logits are products with it, so its rows have a length of about 1.
    draw = keras.initializers.RandomNormal(stddev=width**-0.5)
    return keras.layers.Embedding(size, width, embeddings_initializer=draw, name=name)


def _nothing(shape: Any, dtype: Any = None) -> Any:
    return -ops.ones(shape, dtype)


def _scale(kind: str, width: int) -> float:
    """Scale embeddings to the size of a block's output (Vaswani et al. 2017, section 3.4)."""
    return float(width**0.5) if kind == SELF_ATTENTION else 1.0


def _reader(settings: TranslationSettings, embedding: keras.layers.Embedding) -> keras.Model:
    """Map source ids [batch, source] to memory [batch, source, m] and summary [batch, s]."""
    model, seed = settings.model, settings.train.seed + 100
    source = keras.Input((None,), dtype="int32", name="source")
    mask = ops.not_equal(source, 0)
    seen = TokenDropout(model.token_dropout, seed=seed, name="token_dropout")(source)
    vectors = embedding(seen) * _scale(model.encoder, model.embedding_dim)
    vectors = keras.layers.Dropout(model.dropout, seed=seed + 1, name="source_dropout")(vectors)
    both = model.bidirectional and model.encoder in RECURRENT
    sizes = EncoderSizes(
        hidden_dim=model.hidden_dim,
        depth=model.encoder_depth,
        bidirectional=both,
        heads=model.heads,
        dropout=model.dropout,
        seed=seed + 2,
    )
    memory = encode(model.encoder, sizes, vectors, mask)
    kind = "last" if model.encoder in RECURRENT else "mean"
    summary = Pooling(kind, both, name="summary")(memory, mask)
    memory = keras.layers.Dropout(model.dropout, seed=seed + 90, name="memory_dropout")(memory)
    return keras.Model(source, [memory, summary], name="reader")


def _decoder(settings: TranslationSettings) -> Any:
    model, seed = settings.model, settings.train.seed + 200
    if model.decoder == SELF_ATTENTION:
        return SelfAttentionDecoder(
            model.hidden_dim,
            model.decoder_depth,
            heads=model.heads,
            attention=model.attention,
            dropout=model.dropout,
            seed=seed,
            name="decoder",
        )
    return RecurrentDecoder(
        model.decoder,
        model.hidden_dim,
        model.decoder_depth,
        attention=model.attention,
        input_feeding=model.input_feeding,
        dropout=model.dropout,
        seed=seed,
        heads=model.heads,
        name="decoder",
    )
