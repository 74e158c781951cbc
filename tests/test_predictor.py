"""A published model from Python: `load(path)(texts)`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline import load, predictor
from pipeline.errors import InputError, PipelineError

TEXTS = [
    "从北京飞上海多少钱？",
    "book a flight to Oslo tomorrow",
    "",
    "hello",
    "订5月1日到西安的机票",
]


@pytest.fixture(scope="module")
def model(version_of):
    return load(version_of("slot_filling"))


def test_answers_are_those_of_the_model_in_memory(model, tiny_of, assembly_of):
    from pipeline.stages.training.assembly import outputs_of

    task, service = tiny_of("slot_filling").task, assembly_of("slot_filling").service
    expected = predictor.answer_all(task, outputs_of(service), TEXTS)
    answers = model(TEXTS)
    assert [answer["text"] for answer in answers] == TEXTS
    for answer, other in zip(answers, expected, strict=True):
        assert answer["intent"]["label"] == other["intent"]["label"]
        assert answer["intent"]["score"] == pytest.approx(other["intent"]["score"], abs=2e-6)
        spans, others = (
            [{k: v for k, v in slot.items() if k != "score"} for slot in one["slots"]]
            for one in (answer, other)
        )
        assert spans == others


def test_an_answer_has_the_promised_form(model):
    (answer,) = model(["订5月1日到北京的机票"])
    assert json.loads(json.dumps(answer)) == answer
    assert answer.keys() == {"text", "intent", "slots", "rejected"}
    assert answer["intent"].keys() == {"label", "score"}
    assert answer["intent"]["label"] == "book"
    found = {slot["slot"]: slot for slot in answer["slots"]}
    assert found["arrival_city"].keys() == {"slot", "value", "start", "end", "score"}
    assert (found["arrival_city"]["value"], found["date"]["value"]) == ("北京", "5月1日")


def test_any_sequence_of_texts_will_do_and_one_string_is_refused(model):
    assert model([]) == []
    assert model(tuple(TEXTS[:2])) == model(TEXTS[:2])
    with pytest.raises(TypeError, match=r"^expected a list of texts, received one string 'hello'$"):
        model("hello")


def test_the_facts_of_the_version_come_with_it(model, version_of, tiny_of):
    assert model.version == version_of("slot_filling")
    assert model.task is tiny_of("slot_filling").task
    assert model.config.settings == tiny_of("slot_filling").config.settings
    assert model.manifest["name"] == model.config.name == "tiny_slot_filling"


def test_batches_are_of_like_length_and_answers_in_order(monkeypatch):
    monkeypatch.setattr(predictor, "BATCH", 2)
    batches = []

    def outputs(texts):
        batches.append(list(texts))
        return texts

    read = SimpleNamespace(read=lambda texts, outputs: [text.upper() for text in outputs])
    task = SimpleNamespace(answers=read)
    texts = ["ccc", "a", "dddd", "bb", "a"]
    assert predictor.answer_all(task, outputs, texts) == ["CCC", "A", "DDDD", "BB", "A"]
    assert batches == [["a", "a"], ["bb", "ccc"], ["dddd"]]


def test_a_long_text_has_few_others_beside_it(monkeypatch):
    """Each text takes the memory of the longest beside it."""
    monkeypatch.setattr(predictor, "LETTERS", 100)
    batches = []

    def outputs(texts):
        batches.append([len(text) for text in texts])
        return texts

    task = SimpleNamespace(answers=SimpleNamespace(read=lambda texts, outputs: outputs))
    texts = ["x" * length for length in (500, 1, 30, 1, 1, 40, 20, 0)]
    assert predictor.answer_all(task, outputs, texts) == texts
    assert batches == [[0, 1, 1, 1, 20], [30, 40], [500]]


def test_the_newest_version_is_chosen_by_number(version_of, tmp_path):
    home = tmp_path / "model"
    for name in ("9", "10", ".staging-x", "notes"):
        shutil.copytree(version_of("slot_filling"), home / name)
    assert load(home).version == home / "10"
    assert load(str(home / "9")).version == home / "9"


def test_where_there_is_no_model_the_path_is_named(tmp_path):
    with pytest.raises(
        InputError, match=r"nothing: no published model here; expected saved_models"
    ):
        load(tmp_path / "nothing")


def test_a_folder_that_this_program_did_not_publish_is_one_line(version_of, tmp_path):
    model = shutil.copytree(version_of("slot_filling"), tmp_path / "model")
    shutil.rmtree(model / "assets.extra")
    with pytest.raises(PipelineError, match=r"manifest\.json: no such file"):
        load(model)


def test_importing_is_cheap():
    script = (
        "import sys, pipeline, main\n"
        "heavy = {'tensorflow', 'keras', 'pydantic', 'numpy', 'pandas', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)), callable(pipeline.load))"
    )
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[] True\n"
