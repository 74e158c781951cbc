"""A config for a user's file; data that are for another task are sent there."""

import pytest

from pipeline.errors import InputError
from pipeline.stages.data import init
from pipeline.tasks import TASKS, find_task

SLOTS = "slot_filling"


@pytest.fixture
def others():
    return [find_task(name) for name in TASKS if name != SLOTS]


def test_a_file_for_another_task_is_sent_there(tmp_path, others):
    file = tmp_path / "tickets.csv"
    rows = [("I was charged twice, please refund", "Billing"), ("My parcel is late", "Shipping")]
    lines = [f'{at},"{text}",{label}' for at, (text, label) in enumerate(rows * 5)]
    file.write_text("\n".join(["Ticket ID,Message,Category", *lines]), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        init.run(find_task(SLOTS), file, tmp_path / "tickets.yaml", others=others)
    said = str(raised.value)
    assert said.startswith(f"{file}: no column for the text among Ticket ID, Message, Category")
    assert "That is for slot_filling; --task text_classification reads a CSV table" in said
    assert "text in Message, label in Category" in said
    assert not (tmp_path / "tickets.yaml").exists()


def test_what_no_task_reads_is_refused_as_it_is(tmp_path, others):
    missing = tmp_path / "no.csv"
    with pytest.raises(InputError) as raised:
        init.run(find_task(SLOTS), missing, tmp_path / "no.yaml", others=others)
    assert str(raised.value).startswith(f"{missing}: no such file or folder")
    assert "--task" not in str(raised.value)
