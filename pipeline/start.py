"""Imports TensorFlow without the messages of its C++ code."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_start() -> Iterator[None]:
    """Hide what TensorFlow's C++ code prints at start-up; print it if the import fails.

    Environment variables alone do not silence it, so file descriptor 2 itself is redirected.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # A filter, since libraries reset the level.
    logging.getLogger("absl").addFilter(lambda record: record.levelno >= logging.ERROR)
    original = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
            import tensorflow_text  # noqa: F401

            yield
        except BaseException:
            captured.seek(0)
            os.write(original, captured.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)
