"""TensorFlow started without what its C++ parts write then."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_start() -> Iterator[None]:
    """Holds back what TensorFlow's C++ start-up writes; shows it where the import fails.

    Environment variables alone do not silence it, so file descriptor 2 itself is held.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # A level would not do: libraries set it back.
    logging.getLogger("absl").addFilter(lambda record: record.levelno >= logging.ERROR)
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
            import tensorflow_text  # noqa: F401

            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
