"""A tiny translation model with attention, whose logits depend on the whole prefix."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding.step import END, PAD, START

DIM = 4


class Toy:
    """A random model in two versions: a step function, and a NumPy function of whole prefixes.

    With `growing` the state is the whole prefix, as in self-attention; otherwise one vector.
    """

    def __init__(self, vocabulary: int, batch: int, source: int = 3, seed: int = 0, sharp=2.0):
        draw = np.random.default_rng(seed)
        self.vocabulary, self.batch, self.source, self.sharp = vocabulary, batch, source, sharp
        self.embedding = draw.normal(size=(vocabulary, DIM)).astype("float32")
        self.recurrent = (0.9 * draw.normal(size=(DIM, DIM))).astype("float32")
        self.output = draw.normal(size=(2 * DIM, vocabulary)).astype("float32")
        self.memory = draw.normal(size=(batch, source, DIM)).astype("float32")
        self.lengths = draw.integers(1, source + 1, batch)
        self.mask = np.arange(source) < self.lengths[:, None]
        self.candidates = None

    def fixed(self, rows=slice(None)):
        tensors = {"memory": tf.constant(self.memory[rows]), "mask": tf.constant(self.mask[rows])}
        if self.candidates is not None:
            tensors["candidates"] = tf.constant(self.candidates[rows])
        return tensors

    def start(self, rows=slice(None), growing=False):
        batch = len(self.memory[rows])
        shape = [batch, 1, 0, DIM] if growing else [batch, 1, DIM]
        return {"prefix" if growing else "vector": tf.zeros(shape)}

    def step(self, tokens, state, fixed):
        vectors = tf.gather(self.embedding, tokens)
        if "prefix" in state:
            prefix = tf.concat([state["prefix"], vectors[:, :, None]], 2)
            state = {"prefix": prefix}
            vector, at = tf.zeros_like(vectors), tf.constant(0)
            _, vector = tf.while_loop(
                lambda at, _: at < tf.shape(prefix)[2],
                lambda at, v: (at + 1, tf.tanh(v @ self.recurrent + prefix[:, :, at])),
                (at, vector),
            )
        else:
            vector = tf.tanh(state["vector"] @ self.recurrent + vectors)
            state = {"vector": vector}
        scores = tf.einsum("bnd,bsd->bns", vector, fixed["memory"])
        weights = tf.nn.softmax(tf.where(fixed["mask"][:, None], self.sharp * scores, -1e9))
        context = tf.einsum("bns,bsd->bnd", weights, fixed["memory"])
        logits = self.sharp * tf.concat([vector, context], -1) @ self.output
        if "candidates" in fixed:
            columns = (
                tf.maximum(fixed["candidates"], 0)[:, None, :]
                + tf.zeros(tf.shape(tokens), tf.int32)[:, :, None]
            )
            logits = tf.gather(logits, columns, batch_dims=2)
        return logits, state, weights

    def after(self, row, prefix):
        """Compute log-probabilities [vocabulary] and attention [source] of a prefix in NumPy."""
        vector = np.zeros(DIM)
        for token in (START, *prefix):
            vector = np.tanh(vector @ self.recurrent + self.embedding[token])
        memory, real = self.memory[row], self.lengths[row]
        scores = np.exp(self.sharp * (memory[:real] @ vector))
        weights = np.zeros(self.source)
        weights[:real] = scores / scores.sum()
        logits = self.sharp * np.concatenate([vector, weights @ memory]) @ self.output
        logits = logits.astype("float64")
        if self.candidates is not None:
            real = self.candidates[row][self.candidates[row] >= 0]
            listed = np.isin(np.arange(self.vocabulary), real)
            logits = np.where(listed, logits, -np.inf)
        return logits - np.log(np.exp(logits).sum()), weights

    def enumerate(self, row, max_length, rules, min_length=0, required=()):
        """Return all hypotheses, best first: (score, log P, tokens, finished, attention)."""
        found = []

        def extend(prefix, log_prob, attention):
            ended = bool(prefix) and prefix[-1] == END
            if ended or len(prefix) == max_length:
                score = self.score_of(row, prefix, log_prob, attention, rules)
                tokens = prefix[:-1] if ended else prefix
                found.append((score, log_prob, tokens, ended, attention))
                return
            log_probs, weights = self.after(row, prefix)
            for token in range(self.vocabulary):
                may = self.allowed(prefix, token, rules, min_length, required)
                if may and log_probs[token] > -np.inf:
                    extend([*prefix, token], log_prob + log_probs[token], [*attention, weights])

        extend([], 0.0, [])
        return sorted(found, key=lambda hypothesis: -hypothesis[0])

    def score_of(self, row, prefix, log_prob, attention, rules):
        """Compute the score of Wu et al. 2016, eq. 14."""
        score = log_prob / (((5 + len(prefix)) / (5 + 1)) ** rules.length_penalty)
        for position in range(self.lengths[row]):
            seen = sum(weights[position] for weights in attention)
            score += rules.coverage_penalty * math.log(min(max(seen, 1e-4), 1.0))
        return score

    @staticmethod
    def allowed(prefix, token, rules, min_length, required=()):
        if token in rules.forbidden or (token == END and len(prefix) < min_length):
            return False
        if (token == END and set(required) - set(prefix)) or (
            token in required and token in prefix
        ):
            return False
        n, grown = rules.no_repeat_ngram, [*prefix, token]
        grams = [tuple(grown[at : at + n]) for at in range(len(grown) - n + 1)] if n else []
        return len(grams) == len(set(grams))


@pytest.fixture(scope="session")
def toy():
    """The class `Toy`."""
    return Toy


def plain(hypotheses):
    """Convert to lists of (score, log P, tokens, finished, attention) per source."""
    arrays = [np.array(field) for field in hypotheses]
    tokens, lengths, scores, log_probs, finished, attention = arrays
    assert (tokens[np.arange(tokens.shape[2]) >= lengths[..., None]] == PAD).all()
    assert not attention[np.arange(tokens.shape[2]) >= lengths[..., None]].any()
    rows = []
    for row, n in itertools.product(range(len(tokens)), range(tokens.shape[1])):
        if n == 0:
            rows.append([])
        length = lengths[row, n]
        rows[-1].append(
            (
                scores[row, n],
                log_probs[row, n],
                tokens[row, n, :length].tolist(),
                bool(finished[row, n]),
                attention[row, n, :length],
            )
        )
    return rows


@pytest.fixture(name="plain")
def plain_fixture():
    """A function from `Hypotheses` to lists of plain tuples."""
    return plain


@pytest.fixture
def same():
    """A function that compares two such lists of hypotheses, best first."""

    def compare(found, expected, atol=1e-4):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert one[2:4] == other[2:4]
            np.testing.assert_allclose(one[:2], other[:2], rtol=0, atol=atol)
            attention = np.reshape(other[4][: len(one[2])], one[4].shape)
            np.testing.assert_allclose(one[4], attention, rtol=0, atol=atol)

    return compare
