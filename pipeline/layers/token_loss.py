"""Cross entropy of the next token over a large vocabulary, with a memory-efficient gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

Gradient = Callable[..., tuple[Any, ...]]


def token_losses(
    outputs: Any, table: Any, bias: Any, gold: Any, smoothing: float = 0.0, half: bool = False
) -> Any:
    """Compute the cross entropy of each token with label smoothing.

    With z = outputs table^T + bias, p = softmax(z), V pieces and label smoothing e (Szegedy et al.
    2016, section 7), the loss of the piece y is

        -(1 - e) log p_y - e / V sum_v log p_v = log sum exp z - z_y + e (z_y - mean z)

    and its gradient with respect to z is p - (1 - e) onehot(y) - e / V. Only p has the size of the
    logits. The other two terms enter the products as a row of the table and as its mean, and the
    upstream gradient as a factor of rows. Forward and backward pass read or write the logits five
    times; automatic differentiation does so about twenty times, which takes as long as the three
    products with the table.

    Args:
        outputs: Outputs of a decoder, float [tokens, width].
        table: One row per piece, [pieces, width].
        bias: [pieces].
        gold: The gold pieces, int32 [tokens].
        smoothing: e.
        half: Whether to compute the three products in bfloat16, as in mixed precision; twice as
            fast on processors with bfloat16 instructions.

    Returns:
        float [tokens].
    """
    kind = "bfloat16" if half else outputs.dtype

    @ops.custom_gradient
    def run(outputs: Any, table: Any, bias: Any) -> tuple[Any, Gradient]:
        pieces, width = table.shape
        left, right = ops.cast(outputs, kind), ops.cast(table, kind)
        logits = ops.cast(ops.matmul(left, ops.transpose(right)), outputs.dtype) + bias
        shares = ops.softmax(logits)
        # log sum exp z = max z - log max p, which is cheaper than a sum of exponentials.
        total = ops.max(logits, axis=-1) - ops.log(ops.max(shares, axis=-1))
        own_row = ops.take(table, gold, axis=0)
        own = ops.sum(outputs * own_row, axis=-1) + ops.take(bias, gold)
        mean_row = ops.mean(table, axis=0)
        usual = ops.matmul(outputs, mean_row[:, None])[:, 0] + ops.mean(bias)
        losses = total - own + smoothing * (own - usual)

        def gradient(*upstream: Any) -> tuple[Any, Any, Any]:
            weight = upstream[0][:, None]
            of_logits = ops.cast(shares, kind)
            certain, spread = (1.0 - smoothing) * weight, smoothing * weight
            of_outputs = ops.cast(ops.matmul(of_logits, right), outputs.dtype)
            of_outputs = weight * of_outputs - certain * own_row - spread * mean_row
            weighted = ops.cast(weight * outputs, kind)
            of_table = ops.cast(ops.matmul(ops.transpose(of_logits), weighted), outputs.dtype)
            taken = ops.segment_sum(
                ops.concatenate([certain * outputs, certain], axis=-1), gold, pieces
            )
            of_table = of_table - taken[:, :width] - ops.sum(spread * outputs, axis=0) / pieces
            of_bias = ops.matmul(upstream[0][None], shares)[0] - taken[:, width]
            of_bias = of_bias - ops.sum(spread) / pieces
            return of_outputs, of_table, of_bias

        return losses, gradient

    # A custom gradient needs tensors; on TensorFlow, reshaping converts a variable to a tensor.
    return run(outputs, ops.reshape(table, table.shape), ops.reshape(bias, bias.shape))
