"""A damaged byte is reported with its line and a fix, whatever the task."""

import pytest

from pipeline.tasks import TASKS, find_task

GOOD = b'{"text": "to Oslo", "intent": "book", "slots": [], "label": "x", "target": "nach Oslo"}\n'


@pytest.mark.parametrize("task", [find_task(name) for name in TASKS], ids=TASKS)
def test_the_line_of_a_damaged_byte_is_shown(task, tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_bytes(GOOD + b'{"text": "fo\xffr \xe4\xba\xac"}\n' + GOOD)
    data = {"format": "jsonl", "files": {"train": str(path)}}
    if task.name == "translation":
        data["columns"] = {"source": "text", "target": "target"}
    settings = task.settings.model_validate({"task": task.name, "data": data})
    problems = []
    records = list(task.data.read_as_is(settings, problems.append))
    assert [record["text"] for record in records] == ["to Oslo", "to Oslo"]
    [problem] = problems
    assert str(problem) == (
        f"{path}:2: byte 0xff at column 13 is not UTF-8; expected a file saved as UTF-8"
    )
    [advice] = task.data.describe_errors(problems)
    assert (advice.shown, advice.fix) == ('{"text": "fo\\xffr 京"}', "save the file as UTF-8")
