"""Every task through one contract: load, fit, export, reload, predict.

A new task is tested here once `conftest.TINY` says how to make it small.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import load
from pipeline.config import load_config
from pipeline.predictor import answer_all
from pipeline.savedmodel import parity
from pipeline.stages.live import drift
from pipeline.stages.retraining import candidate_start
from pipeline.stages.retraining.remap import axes_of
from pipeline.tasks import TASKS, schema_of

NASTY = (
    "",
    " ",
    "a",
    "京",
    "7",
    "👩‍👩‍👧‍👦 🇩🇪🇫🇷 👍🏽",
    "e\u0301 ﬁ ½ ① ẞ İ",
    "\ufeffbyte\u200border",
    "tab\there  twice\u3000\u00a0\u2028end",
    "\x00nul \x1b[0m",
    "مرحبا 한국어 𝒳𝒴 \U0010ffff",
    "\r\n\r\n",
    "x" * 5000,
    "北京" * 2500,
)


# The slowest to build is left to the slow tests.
SLOWEST = "translation"
MARKED = [pytest.param(t, marks=pytest.mark.slow if t == SLOWEST else ()) for t in TASKS]


@pytest.fixture(scope="module", params=MARKED)
def tiny(request, tiny_of):
    return tiny_of(request.param)


@pytest.fixture(scope="module")
def predictor(tiny, version_of):
    """The task's model: loaded, fitted, exported, and loaded again."""
    return load(version_of(tiny.task.name))


@pytest.fixture(scope="module")
def texts(tiny):
    """Real texts of the task."""
    splits = tiny.task.data.load(tiny.config.settings).splits
    return [record["text"] for record in splits["test"]()]


def spans(answer):
    """Every dict in an answer that says where in the text its value stands."""
    if isinstance(answer, dict):
        if answer.keys() >= {"value", "start", "end"}:
            yield answer
        for value in answer.values():
            yield from spans(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from spans(value)


def check_answers(texts, answers):
    """What holds for the answers of every task."""
    assert len(answers) == len(texts)
    for text, answer in zip(texts, answers, strict=True):
        assert json.loads(json.dumps(answer, allow_nan=False)) == answer
        assert answer["text"] == text
        for span in spans(answer):
            assert 0 <= span["start"] < span["end"] <= len(text)
            assert text[span["start"] : span["end"]] == span["value"]


def test_the_record_is_consistent(tiny):
    task = tiny.task
    assert task.name == tiny.config.task == tiny.config.settings.task
    assert load_config(task.example, schema_of).task == task.name


def test_training_made_it_better_than_chance(tiny, predictor):
    metrics = json.loads((predictor.version / "assets.extra" / "metrics.json").read_text())
    assert metrics["test"]["metrics"][tiny.task.headline]["value"] > 50


def test_the_loaded_model_answers_like_the_one_in_memory(tiny, predictor, assembly_of, texts):
    from pipeline.stages.training.assembly import outputs_of

    outputs = outputs_of(assembly_of(tiny.task.name).service)
    for answer, other in zip(predictor(texts), answer_all(tiny.task, outputs, texts), strict=True):
        assert parity._difference(other, answer) <= 2e-6  # scores are rounded to six places


def test_a_text_is_answered_the_same_alone_and_in_any_batch(tiny, predictor, assembly_of, texts):
    def rows(batch):
        return parity._rows(parity._plain(predictor.outputs(batch)), len(batch))

    batch = [*texts, *NASTY]
    margin = assembly_of(tiny.task.name).service.margin
    for text, row in zip(batch, rows(batch), strict=True):
        (alone,) = rows([text])
        if parity._difference(alone, row) > parity.TOLERANCE:
            assert float(margin([text])[0]) <= parity.TOLERANCE, text[:50]


def test_nasty_texts_get_proper_answers(predictor):
    check_answers(NASTY, predictor(NASTY))
    assert predictor([]) == []


def test_bytes_that_are_no_text_are_answered(tiny, predictor):
    damaged = [b"\xff\xfe", b"to \xe5\x8c", b"ok"]
    answers = tiny.task.answers.read(["?"] * 3, predictor.outputs(damaged))
    assert json.dumps(answers)


def test_offsets_hold_where_there_are_spans(predictor, texts):
    nasty = [f"{junk[:40]} {text} {junk[:40]}" for text in texts for junk in NASTY]
    answers = predictor(nasty)
    check_answers(nasty, answers)
    if any(list(spans(answer)) for answer in predictor(texts)):
        assert sum(bool(list(spans(answer))) for answer in answers) > len(nasty) / 4


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_offsets_hold_for_any_text(predictor, texts, data):
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    around = st.tuples(anything, st.sampled_from(texts), anything).map("".join)
    batch = data.draw(st.lists(anything | around, min_size=1, max_size=8))
    check_answers(batch, predictor(batch))


def test_rows_that_travel_are_read_back_as_they_were(tiny, predictor):
    task, settings = tiny.task, tiny.config.settings
    exam = predictor.version / "assets.extra" / "exam.jsonl"
    files = {"train": str(exam), "test": str(exam)}
    found = task.data.detect(Path(exam)).settings
    section = type(settings.data).model_validate({**found, "files": files})

    def records(source):
        return [{**record, "source": ""} for record in source.splits["test"]()]

    expected = records(task.data.load(settings))
    guessed = settings.model_copy(update={"data": section})
    assert records(task.data.load(guessed)) == expected
    assert records(task.data.load(task.data.bundled_settings(settings, files))) == expected


def test_an_answer_is_a_record_that_can_be_written(tiny, predictor, texts, tmp_path):
    answers = predictor(texts)
    records = [tiny.task.answers.suggest(answer) for answer in answers]
    tiny.task.data.write(records, tmp_path / "suggested.jsonl", None, None)  # reads it back itself
    assert [record["text"] for record in records] == texts
    assert all(0 <= tiny.task.answers.confidence(answer) <= 1 for answer in answers)
    assert all(0 <= tiny.task.answers.confidence(answer) <= 1 for answer in predictor(NASTY))


def test_tokens_are_counted_as_the_data_profile_says(tiny, predictor, assembly_of):
    tokenizer = assembly_of(tiny.task.name).tokenizer
    splits = tiny.task.data.load(tiny.config.settings).splits
    counts = tiny.task.model.count_tokens(
        tokenizer, [record["text"] for record in splits["train"]()]
    )
    contract = json.loads((predictor.version / "assets.extra" / "contract.json").read_text())
    assert len(counts) == contract["examples"]
    assert sum(size for size, _ in counts) == contract["tokens"]
    assert all(0 <= unknown <= size for size, unknown in counts)
    nasty = tiny.task.model.count_tokens(tokenizer, list(NASTY))
    assert nasty[0][0] == 0
    assert sum(unknown for _, unknown in nasty) > 0


def test_live_texts_drift_only_where_they_are_others(tiny, predictor, texts):
    like = drift.run(predictor, texts)
    assert like.over == []
    assert like.texts == len(texts)
    far = drift.run(predictor, ["съешь ещё этих мягких французских булок"] * 40)
    assert {"unknown tokens", "new n-grams", "scripts"} <= set(far.over)
    assert json.loads(json.dumps(far.as_dict(), allow_nan=False))["over"] == far.over


def test_what_it_knows_grows_and_every_weight_that_grows_has_a_rule(tiny, assembly_of):
    """New labels and words: old ids are kept, and the old answers can be put into the new model."""
    task, settings = tiny.task, tiny.config.settings
    parts = assembly_of(task.name)
    old = list(task.data.load(settings).splits["train"]())
    grown = task.model.grow(
        settings, parts.vocabularies, old, [strange(record) for record in old[:12]]
    )
    before, after = (task.model.layout(settings, v) for v in (parts.vocabularies, grown))
    for name, axis in before.axes.items():
        assert list(after.axes[name].terms[: len(axis.terms)]) == list(axis.terms)
    assert any(len(after.axes[n].terms) > len(axis.terms) for n, axis in before.axes.items())
    model = task.model.build_model(settings, grown)
    arrays = {f"model/{weight.path}": np.asarray(weight) for weight in parts.model.weights}
    lines = candidate_start.start_weights(
        candidate_start.IncumbentWeights(arrays, before, False), model, after
    )
    assert {line.weight for line in lines} == {weight.path for weight in model.weights}
    for line in lines:
        assert line.dropped == 0
    whole = [w for w in model.weights if not any(axes_of(w.path, after))]
    assert whole
    for weight in whole:
        assert np.array_equal(np.asarray(weight), arrays[f"model/{weight.path}"])


def strange(value):
    """A record with other labels and words: every string in it has letters that are new."""
    if isinstance(value, dict):
        return {key: item if key == "parts" else strange(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strange(item) for item in value]
    return f"{value}ŋ ŋœŋ" if isinstance(value, str) else value
