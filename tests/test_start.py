"""TensorFlow's start-up is quiet, unless it fails."""

import os

import pytest

from pipeline.start import quiet_start


def test_what_starting_up_writes_is_held_back_unless_it_fails(capfd):
    with quiet_start():
        os.write(2, b"chatter")
    assert capfd.readouterr().err == ""

    def fail():
        with quiet_start():
            os.write(2, b"what went wrong")
            raise ImportError("no library")

    with pytest.raises(ImportError, match="no library"):
        fail()
    assert capfd.readouterr().err == "what went wrong"
