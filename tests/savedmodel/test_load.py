"""A SavedModel as a function, and what is said of one that does not load."""

import shutil

import numpy as np
import pytest

from pipeline.errors import PipelineError
from pipeline.savedmodel.load import load_signature


@pytest.fixture
def copied(saved, tmp_path):
    """A copy of the SavedModel, to be damaged."""
    return shutil.copytree(saved, tmp_path / "copy")


def test_a_loaded_signature_answers_like_the_module(letters, saved):
    texts = ["", "ab", "北京上海", "👍🏽"]
    answered, expected = load_signature(saved)(texts), letters.answer(texts)
    assert answered.keys() == expected.keys()
    for name, value in answered.items():
        np.testing.assert_array_equal(value, expected[name])


def test_an_empty_batch_is_answered(saved):
    assert load_signature(saved)([])["label"].shape == (0,)


def lose_variables(folder):
    shutil.rmtree(folder / "variables")


def truncate_variables(folder):
    (file,) = (folder / "variables").glob("*.data*")
    file.write_bytes(file.read_bytes()[:100])


def truncate_graph(folder):
    file = folder / "saved_model.pb"
    file.write_bytes(file.read_bytes()[:-100])


def empty_graph(folder):
    (folder / "saved_model.pb").write_bytes(b"")


def lose_graph(folder):
    (folder / "saved_model.pb").unlink()


@pytest.mark.parametrize(
    "damage", [lose_variables, truncate_variables, truncate_graph, empty_graph, lose_graph]
)
def test_the_error_of_a_damaged_folder_is_one_line(copied, damage):
    damage(copied)
    with pytest.raises(PipelineError, match=r"copy: the SavedModel does not load: \S") as caught:
        load_signature(copied)
    assert "\n" not in str(caught.value)


def test_an_unknown_signature_is_reported_with_the_known_ones(saved):
    with pytest.raises(PipelineError, match=r"no signature translate; it has serving_default$"):
        load_signature(saved, "translate")
