"""Commands side by side: each on its own cores, all that they say, the first that fails."""

import os
import sys
import time

import pytest

from pipeline.errors import PipelineError
from pipeline.stages.experiments.parallel import divided, run, usable_cores


def python(code):
    return [sys.executable, "-c", code]


def test_cores_are_shared_out_evenly_and_each_once():
    assert divided([0, 1], 2) == [(0,), (1,)]
    assert divided([0, 1, 2, 5], 3) == [(0, 5), (1,), (2,)]
    assert divided([3], 4) == [(3,)]
    assert divided([0, 1, 2], 1) == [(0, 1, 2)]


def test_what_they_write_is_given_by_name_and_notes_are_shown(capsys):
    found = run(
        {
            "one": python("import sys; print('table'); print('note', file=sys.stderr)"),
            "two": python("import sys; print('two: note', file=sys.stderr); print('京')"),
        },
        2,
    )
    assert found == {"one": "table\n", "two": "京\n"}
    assert sorted(capsys.readouterr().err.splitlines()) == ["one: note", "two: note"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux binds a process to cores")
def test_each_has_cores_of_its_own():
    wait = "import os, time; time.sleep(0.5); print(*sorted(os.sched_getaffinity(0)))"
    found = run({"one": python(wait), "two": python(wait)}, 2)
    cores = [set(map(int, text.split())) for text in found.values()]
    assert cores[0] | cores[1] <= set(usable_cores())
    if len(os.sched_getaffinity(0)) > 1:
        assert not cores[0] & cores[1]


def test_a_failure_is_told_with_its_reason_and_ends_the_rest(tmp_path):
    late = tmp_path / "late"
    commands = {
        "bad": python("import sys; print('error: no such file', file=sys.stderr); sys.exit(2)"),
        "late": python(f"open({str(late)!r}, 'w')"),
    }
    with pytest.raises(PipelineError, match="bad: exit status 2: error: no such file"):
        run(commands, 1)
    time.sleep(0.1)
    assert not late.exists()


def test_much_on_both_streams_blocks_nothing():
    much = "import sys; sys.stderr.write('x\\n' * 20000); sys.stdout.write('y' * 200000)"
    assert len(run({"one": python(much)}, 1)["one"]) == 200_000
