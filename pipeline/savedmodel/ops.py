"""The ops that a SavedModel needs, and those that it must not contain."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tensorflow.core.protobuf import saved_model_pb2

from pipeline.errors import GateError

# A SavedModel is a program. These ops access files or the network, call Python, or tie the graph to
# one kind of device (keras#18504).
FORBIDDEN = (
    "ReadFile",
    "WriteFile",
    "MatchingFiles",
    "SaveDataset",
    "SaveDatasetV2",
    "PyFunc",
    "PyFuncStateless",
    "EagerPyFunc",
    "DebugIdentityV2",
    "DistributedSave",
    "PrintV2",
)
FORBIDDEN_PREFIXES = ("Cudnn", "Rpc", "Debug", "TFRecord", "TextLine", "FixedLengthRecord")


def required_ops(folder: Path) -> list[str]:
    """Return the sorted names of all ops in the graph and its functions."""
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    ops: set[str] = set()
    for graph in saved.meta_graphs:
        ops |= {node.op for node in graph.graph_def.node}
        for function in graph.graph_def.library.function:
            ops |= {node.op for node in function.node_def}
    return sorted(ops)


def refuse_forbidden(ops: Iterable[str]) -> None:
    """Raise a GateError that lists the forbidden ops of a graph, if any."""
    forbidden = [op for op in ops if op in FORBIDDEN or op.startswith(FORBIDDEN_PREFIXES)]
    if forbidden:
        raise GateError(
            f"the graph contains {', '.join(forbidden)}: such ops access files, the network,"
            " Python or one kind of device; a served model must not contain them"
        )
