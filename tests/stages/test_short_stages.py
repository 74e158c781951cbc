"""The short stages: prepare, predict, validate, init; and the facts of the environment."""

import gzip
import io
import json
import re

import pytest
import yaml

from pipeline.errors import DataError, InputError
from pipeline.stages.data import init, prepare, texts, validate
from pipeline.stages.live import predict
from pipeline.stages.training import environment

GOOD = {"text": "到北京", "intent": "book", "slots": [{"slot": "city", "start": 1, "end": 3}]}


def write(file, *rows):
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def answer(texts):
    """A predictor that knows nothing."""
    return [{"text": text, "length": len(text)} for text in texts]


def test_prepare_reads_the_source_once_and_says_what_is_there(tiny, capsys):
    first, again = (prepare.run(tiny.task, tiny.config) for _ in range(2))
    assert first.data_dir == again.data_dir
    assert capsys.readouterr() == ("", "")  # TFDS would speak of downloads
    prepare.say(tiny.config, again)
    said = r"tiny_slot_filling: train 96, valid 24, test 24 examples \(data/prepared/\w{16}\)\n"
    assert re.fullmatch(said, capsys.readouterr().err)


def test_prepare_says_what_a_policy_repaired_each_time(tiny, tmp_path, capsys):
    twice = {**GOOD, "slots": GOOD["slots"] * 2}
    file = write(tmp_path / "rows.jsonl", GOOD, twice, twice)
    files = ", ".join(f"{split}: {file}" for split in ("train", "valid", "test"))
    changed = tiny.changed(f"data.files={{{files}}}", "data.overlaps=keep_longest")
    for _ in range(2):
        prepare.say(changed.config, prepare.run(changed.task, changed.config))
        assert "train: exact repeats dropped: 2" in capsys.readouterr().err


def test_predict_writes_an_answer_a_line_in_order(monkeypatch):
    monkeypatch.setattr(predict, "GROUP", 3)
    texts, output = ["a", "京", "", "dddd", "e"], io.StringIO()
    assert predict.run(answer, iter(texts), output) == 5
    lines = output.getvalue().splitlines()
    assert [json.loads(line)["text"] for line in lines] == texts
    assert "京" in lines[1]  # readable, not escaped


def test_texts_are_the_lines_of_a_file_as_they_stand(tmp_path):
    file = tmp_path / "texts.txt"
    file.write_bytes("a \r\n\n  京\u2028b\n".encode())
    assert list(texts.read_texts(file)) == ["a ", "", "  京\u2028b"]
    with gzip.open(tmp_path / "texts.txt.gz", "wb") as packed:
        packed.write(b"a\nb\n")
    assert list(texts.read_texts(tmp_path / "texts.txt.gz")) == ["a", "b"]


def test_texts_are_the_key_text_of_jsonl(tmp_path):
    file = write(tmp_path / "rows.jsonl", {"text": "a", "id": 1}, {"text": "京"})
    assert list(texts.read_texts(file)) == ["a", "京"]


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ('{"id": 3}', "no key `text`; its keys: id; expected the text there"),
        ('{"text": 3}', "`text` is 3; expected a string"),
        ('{"text": "\\ud800"}', "half of a surrogate pair; expected whole characters"),
        ("nonsense", "not valid JSON"),
    ],
)
def test_a_bad_line_of_jsonl_is_named(tmp_path, row, wrong):
    file = write(tmp_path / "rows.jsonl", {"text": "a"}, row)
    with pytest.raises(DataError, match=rf"rows\.jsonl:2: {re.escape(wrong)}"):
        list(texts.read_texts(file))


@pytest.mark.parametrize("name", ["new.txt", "new.jsonl"])
def test_a_file_without_texts_is_named(tiny, tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(InputError, match=f"{name}: no texts; expected at least one"):
        list(texts.texts_of(tiny.task, tiny.config, tmp_path / name))


def test_validate_gives_every_bad_line_once(tiny, tmp_path, capsys):
    file = write(
        tmp_path / "rows.jsonl",
        GOOD,
        "[/b] not JSON",
        GOOD,
        {**GOOD, "slots": [{"slot": "city", "start": 1, "end": 9}]},
        {**GOOD, "text": "[bold] to 北京 [/b]", "slots": [{"slot": "x", "start": 6, "end": 9}]},
    )
    changed = tiny.changed(f"data.files={{train: {file}}}", name="mine")  # splits are carved
    problems = validate.run(changed.task, changed.config)
    assert [problem.line for problem in problems] == [2, 4, 5]
    printed = capsys.readouterr().out
    assert "mine: bad lines" in printed
    for line in (2, 4, 5):
        assert f"rows.jsonl:{line}" in "".join(printed.split())


def test_validate_counts_repeats_and_what_test_shares_with_train(tiny, tmp_path, capsys):
    other = {**GOOD, "text": "去上海"}
    train = write(tmp_path / "train.jsonl", GOOD, {**GOOD, "text": " 到北京 "}, other)
    rest = write(tmp_path / "rest.jsonl", other, other, {**GOOD, "text": "回西安"})
    files = f"{{train: {train}, valid: {rest}, test: {rest}}}"
    # The second row's span moves with its space.
    train.write_text(train.read_text(encoding="utf-8").replace('" 到北京 "', '"到北京 "'))
    changed = tiny.changed(f"data.files={files}")
    assert validate.run(changed.task, changed.config) == []
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["train", "3", "1"] in rows
    assert ["valid", "3", "1", "2"] in rows


def test_init_writes_a_config_that_loads(tiny, tmp_path):
    from pipeline.config import load_config
    from pipeline.tasks import schema_of

    file = write(tmp_path / "mine.jsonl", {"utterance": "a", "intent": "x", "entities": []})
    seen = init.run(tiny.task, file, tmp_path / "mine.yaml")
    assert "JSONL with keys utterance, intent, entities" in seen
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    assert text.startswith(f"# Detected: {seen}\n")
    assert yaml.safe_load(text)["data"]["columns"]["text"] == "utterance"
    config = load_config(tmp_path / "mine.yaml", schema_of)
    assert (config.name, config.settings.data.files) == ("mine", {"train": str(file)})
    with pytest.raises(InputError, match=r"mine\.yaml: exists; choose another name with --config"):
        init.run(tiny.task, file, tmp_path / "mine.yaml")


def test_facts_name_versions_and_machine_and_nobody():
    facts = environment.facts()
    assert facts["backend"] == "tensorflow"
    assert facts["packages"]["tensorflow"] == "2.21.0"
    assert re.fullmatch(r"[0-9a-f]{12,40}\+?", facts["commit"])
    assert facts["machine"]["cores"] >= 1
    assert "/home" not in json.dumps(facts)


def test_facts_do_without_git(monkeypatch):
    def gone(*_, **__):
        raise FileNotFoundError("git")

    monkeypatch.setattr(environment.subprocess, "run", gone)
    assert environment.facts()["commit"] is None
    assert environment._version("no-such-package") is None
