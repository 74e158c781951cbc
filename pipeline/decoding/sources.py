"""The sources of a batch; sources that are done are removed during decoding."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.settings import Rules
from pipeline.decoding.step import Tensors
from pipeline.errors import InputError

SHARE = 8  # rows are removed when 1 in 8 is done; gathering costs less than a step for these rows


class Sources(NamedTuple):
    """The constants of each source, one row per source.

    Attributes:
        batch_index: int32 [rows], the row in the whole batch.
        min_length, max_length: int32 [rows].
        padding_mask: bool [rows, source_length], True for real tokens; source_length is 0 if
            there is no coverage penalty.
        draws: float [rows, steps, n] in [0, 1), for sampling; otherwise steps and n are 0.
        fixed: Tensors [rows, ...], passed to the step function.
    """

    batch_index: tf.Tensor
    min_length: tf.Tensor
    max_length: tf.Tensor
    padding_mask: tf.Tensor
    draws: tf.Tensor
    fixed: Tensors


def make_sources(
    fixed: Tensors,
    rules: Rules,
    max_length: tf.Tensor,
    min_length: tf.Tensor | None,
    padding_mask: tf.Tensor | None,
) -> Sources:
    """Create the sources of the whole batch.

    Raises:
        InputError: There is a coverage penalty, but no padding mask.
    """
    max_length = tf.maximum(tf.cast(tf.convert_to_tensor(max_length), tf.int32), 1)
    batch = tf.size(max_length)
    if rules.coverage_penalty and padding_mask is None:
        raise InputError(
            f"coverage_penalty is {rules.coverage_penalty}, which needs the padding_mask of the"
            " sources; received None"
        )
    if not rules.coverage_penalty:
        padding_mask = tf.zeros([batch, 0], tf.bool)
    return Sources(
        batch_index=tf.range(batch),
        min_length=tf.zeros_like(max_length)
        if min_length is None
        else tf.cast(min_length, "int32"),
        max_length=max_length,
        padding_mask=tf.cast(padding_mask, tf.bool),
        draws=tf.zeros([batch, 0, 0]),
        fixed=dict(fixed),
    )


def max_steps(sources: Sources) -> tf.Tensor:
    """Return the maximum number of steps; 1 for an empty batch."""
    return tf.maximum(tf.reduce_max(sources.max_length), 1)


def rows_to_keep(done: tf.Tensor) -> tf.Tensor:
    """Return the rows to continue with, int32 [kept].

    These are all rows until 1 in `SHARE` is done, and then the rows that are not done.

    Args:
        done: bool [rows].
    """
    rows, done_rows = tf.size(done), tf.reduce_sum(tf.cast(done, tf.int32))
    return tf.cond(
        tf.logical_and(done_rows > 0, done_rows * SHARE >= rows),
        lambda: tf.cast(tf.where(~done)[:, 0], tf.int32),
        lambda: tf.range(rows),
    )


def keep_rows(tree: Any, kept: tf.Tensor, rows: tf.Tensor) -> Any:
    """Select the kept rows of all tensors [rows, ...] of a nest; unchanged if all are kept."""
    return tf.cond(
        tf.size(kept) < rows,
        lambda: tf.nest.map_structure(lambda tensor: tf.gather(tensor, kept), tree),
        lambda: tree,
    )


def row_shapes(tree: Any) -> Any:
    """Return the shape invariants of a nest for `tf.while_loop`: any number of rows."""
    return tf.nest.map_structure(lambda tensor: tf.TensorShape([None, *tensor.shape[1:]]), tree)


def scatter_to_batch(
    values: tf.Tensor, batch_index: tf.Tensor, batch: tf.Tensor, empty: float = 0
) -> tf.Tensor:
    """Scatter values [rows, ...] to the whole batch [batch, ...], with `empty` elsewhere."""
    shape = tf.concat([[batch], tf.shape(values)[1:]], 0)
    whole = tf.fill(shape, tf.cast(empty, values.dtype))
    return tf.tensor_scatter_nd_update(whole, batch_index[:, None], values)
