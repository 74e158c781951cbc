"""A service in small: texts to a label, a score and their letters, as the real ones are made."""

import pytest
import tensorflow as tf

from pipeline.savedmodel import write

TEXT = tf.TensorSpec([None], tf.string, name="text")
SIZE = 100_000


class Letters(tf.Module):
    """Long texts and short ones; `threshold` letters are in between.

    The weight is larger than the rest of a SavedModel, so that it counts in the folder's size.
    """

    def __init__(self, threshold: float = 3.5) -> None:
        super().__init__(name="letters")
        self.weight = tf.Variable(tf.random.stateless_normal([SIZE], [1, 2]))
        self.threshold = tf.Variable(threshold)

    @tf.function(input_signature=[TEXT])
    def serving_default(self, text):
        letters = tf.strings.unicode_split(text, "UTF-8")
        count = tf.cast(letters.row_lengths(), tf.float32)
        score = tf.sigmoid(count - self.threshold + 0.0 * self.weight[0])
        return {
            "label": tf.where(score > 0.5, "long", "short"),
            "score": score,
            "letters": letters.to_tensor(""),
        }

    def answer(self, texts):
        """The outputs of `serving_default`, in NumPy."""
        outputs = self.serving_default(tf.constant(texts, tf.string))
        return {name: value.numpy() for name, value in outputs.items()}

    def save(self, folder):
        """Writes the module under its one signature, and gives the signature's description."""
        return write.write(self, {"serving_default": self.serving_default}, folder)


@pytest.fixture(scope="package")
def letters():
    """A module in memory. Tests leave it as it is."""
    return Letters()


@pytest.fixture(scope="package")
def saved(letters, tmp_path_factory):
    """The SavedModel of `letters`. Tests leave it as it is."""
    folder = tmp_path_factory.mktemp("letters") / "model"
    letters.save(folder)
    return folder


@pytest.fixture
def other():
    """A function that makes a module like `letters` with another threshold."""
    return Letters
