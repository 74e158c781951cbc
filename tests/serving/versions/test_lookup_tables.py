"""A model's lookup tables are freed with it."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.serving.memory import release_memory
from pipeline.serving.versions import loading, lookup_tables


class Words(tf.Module):
    def __init__(self):
        super().__init__()
        pairs = tf.lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([7, 8], tf.int64))
        self.table = tf.lookup.StaticHashTable(pairs, -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def look_up(self, text):
        return {"id": self.table.lookup(text)}


@pytest.fixture
def folder(tmp_path):
    module = Words()
    tf.saved_model.save(module, str(tmp_path / "1"), signatures=module.look_up)
    return tmp_path / "1"


def size(handle):
    return int(tf.raw_ops.LookupTableSizeV2(table_handle=handle))


def test_a_table_lives_as_long_as_its_model(folder):
    servable = loading.load_saved_model("words", 1, folder)
    (handle,) = lookup_tables.table_handles(servable.loaded)
    release_memory()
    assert size(handle) == 2
    del servable
    release_memory()
    with pytest.raises(tf.errors.OpError):
        size(handle)


def test_the_tables_of_another_load_stay(folder):
    first, second = (loading.load_saved_model("words", number, folder) for number in (1, 2))
    del first
    release_memory()
    text = {"text": np.array([b"b", b"x"], object)}
    assert second.run(second.signatures["serving_default"], text)["id"].tolist() == [8, -1]
