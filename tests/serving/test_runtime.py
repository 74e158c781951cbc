"""The worker's TensorFlow: complete for SavedModels, without Keras."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
import tensorflow_text

from pipeline.serving.runtime import without_keras
from tests.serving.contract_models import function, publish, spec

ROOT = Path(__file__).parent.parent.parent
WORKER = """
import json, sys
from pathlib import Path
import numpy
from pipeline.serving.versions.traffic import Target
from pipeline.serving.server import _build
from pipeline.serving.settings import Settings

models = _build(Settings(Path(sys.argv[1]))).rest.server.models
models.poll()
engine = models.find(Target("folded", None, None))
signature = engine.servable.signatures["serving_default"]
text = numpy.array([b"Gro\\xc3\\x9f"], object)
(outputs,) = engine.servable.run(signature, {"text": text}).values()
heavy = {"keras", "jax", "pandas", "sklearn"} & sys.modules.keys()
from tensorflow.python.util import _pywrap_util_port
print(json.dumps([outputs[0].decode(), sorted(heavy), _pywrap_util_port.IsMklEnabled()]))
"""


def test_a_worker_runs_text_ops_and_has_neither_keras_nor_onednn(tmp_path):
    fold = function(spec([None], tf.string, "text"))(
        lambda text: {"folded": tensorflow_text.case_fold_utf8(text)}
    )
    publish(tmp_path, "folded", {"serving_default": fold}, "1")
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    kept = {key: value for key, value in os.environ.items() if key != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == ["gross", [], False]


def test_hidden_packages_can_be_imported_afterwards(monkeypatch):
    for name in ("keras", "jax"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with without_keras(), pytest.raises(ModuleNotFoundError):
        import keras  # noqa: F401
    assert not {"keras", "jax"} & sys.modules.keys()


def test_imported_keras_stays_imported():
    keras = pytest.importorskip("keras")
    with without_keras():
        assert sys.modules["keras"] is keras
