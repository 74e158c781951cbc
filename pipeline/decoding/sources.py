"""The sources that are still searched; those that are done leave the batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.settings import Rules
from pipeline.decoding.step import Tensors
from pipeline.errors import InputError

SHARE = 8  # rows are gathered anew when one in so many is done: it costs less than a step of it


class Sources(NamedTuple):
    """What is constant for a source, one row each.

    Attributes:
        place: int32 [rows], its row in the whole batch.
        min_length, max_length: int32 [rows].
        padding_mask: bool [rows, source], True = a real token; source is 0 where nothing needs it.
        draws: float [rows, steps, n] in [0, 1), for sampling; else steps and n are 0.
        fixed: Tensors [rows, ...], as `step` takes them.
    """

    place: tf.Tensor
    min_length: tf.Tensor
    max_length: tf.Tensor
    padding_mask: tf.Tensor
    draws: tf.Tensor
    fixed: Tensors


def all_sources(
    fixed: Tensors,
    rules: Rules,
    max_length: tf.Tensor,
    min_length: tf.Tensor | None,
    padding_mask: tf.Tensor | None,
) -> Sources:
    """The whole batch.

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
        place=tf.range(batch),
        min_length=tf.zeros_like(max_length)
        if min_length is None
        else tf.cast(min_length, "int32"),
        max_length=max_length,
        padding_mask=tf.cast(padding_mask, tf.bool),
        draws=tf.zeros([batch, 0, 0]),
        fixed=dict(fixed),
    )


def most_steps(sources: Sources) -> tf.Tensor:
    """How often the longest of them may step; 1 where there are none."""
    return tf.maximum(tf.reduce_max(sources.max_length), 1)


def rows_to_keep(done: tf.Tensor) -> tf.Tensor:
    """The rows to go on with, int32 [kept].

    All of them, until one in `SHARE` is done: then those that are not.

    Args:
        done: bool [rows].
    """
    rows, waste = tf.size(done), tf.reduce_sum(tf.cast(done, tf.int32))
    return tf.cond(
        tf.logical_and(waste > 0, waste * SHARE >= rows),
        lambda: tf.cast(tf.where(~done)[:, 0], tf.int32),
        lambda: tf.range(rows),
    )


def keep_rows(tree: Any, kept: tf.Tensor, rows: tf.Tensor) -> Any:
    """Every tensor [rows, ...] of a nest with the kept rows alone; untouched where that is all."""
    return tf.cond(
        tf.size(kept) < rows,
        lambda: tf.nest.map_structure(lambda tensor: tf.gather(tensor, kept), tree),
        lambda: tree,
    )


def loose_rows(tree: Any) -> Any:
    """Shapes of a nest of tensors for `tf.while_loop`: any number of rows."""
    return tf.nest.map_structure(lambda tensor: tf.TensorShape([None, *tensor.shape[1:]]), tree)


def whole_batch(
    values: tf.Tensor, place: tf.Tensor, batch: tf.Tensor, empty: float = 0
) -> tf.Tensor:
    """Values [rows, ...] at their places in the whole batch [batch, ...], `empty` elsewhere."""
    shape = tf.concat([[batch], tf.shape(values)[1:]], 0)
    whole = tf.fill(shape, tf.cast(empty, values.dtype))
    return tf.tensor_scatter_nd_update(whole, place[:, None], values)
