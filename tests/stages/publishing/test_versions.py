"""The line of descent and the way back: on small folders that no model is in."""

import json
import shutil

import pytest

from pipeline import artifacts
from pipeline.errors import InputError, PipelineError
from pipeline.runs import EXTRA, MANIFEST
from pipeline.stages.publishing import rollback, versions


def publish(root, content, parent=None, verdict=None, **facts):
    """A version with some content, as `export` leaves it."""
    with artifacts.staging(root, "toy") as stage:
        folder = stage / "candidate"
        artifacts.write_file(folder / "saved_model.pb", content.encode())
        scores = {s: {"metrics": {"f1": {"value": v}}} for s, v in (("test", 90.5), ("valid", 91))}
        artifacts.write_json(folder / EXTRA / "metrics.json", scores)
        if verdict:
            artifacts.write_json(folder / EXTRA / "verdict.json", {"verdict": verdict})
        made = {"parent": parent, "headline": "f1", "data": "d" * 16, "config": "c" * 12}
        artifacts.seal(folder, {"name": "toy", **made, **facts})
        return artifacts.publish(folder, root / "toy")


def content(version):
    return (version / "saved_model.pb").read_text()


@pytest.fixture
def home(tmp_path):
    """Versions 1 to 3 of a model, with contents a, b and c."""
    publish(tmp_path, "a")
    publish(tmp_path, "b", parent="1", verdict="blessed")
    publish(tmp_path, "c", parent="2", verdict="blessed")
    return tmp_path / "toy"


def test_the_line_tells_origin_hashes_scores_and_verdict(home, capsys):
    rollback.run(home, 1)
    found = versions.run(home)
    assert [(each.number, each.verdict) for each in found] == [
        (1, ""),
        (2, "blessed"),
        (3, "blessed"),
        (4, ""),
    ]
    assert found[0].scores == {"test": 90.5, "valid": 91.0}
    versions.print_versions("toy", found)
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines()]
    assert "toy: versions (f1; = N is a rollback to N)" in printed
    (second,) = [row for row in rows if row[:2] == ["2", "1"]]
    assert second[-5:] == ["dddddd", "cccccc", "90.50", "91.00", "blessed"]
    assert any(row[:3] == ["4", "=", "1"] for row in rows)


def test_a_version_that_cannot_be_read_is_told_beside_the_others(home, capsys):
    (home / "2" / MANIFEST).write_text("{")
    versions.print_versions("toy", versions.run(home))
    printed = capsys.readouterr().out
    assert "damaged" in printed
    assert "version 2: " in printed
    assert "not valid JSON" in printed


@pytest.mark.parametrize("name", ["metrics.json", "verdict.json"])
def test_one_damaged_version_hides_no_other(home, name):
    (home / "2" / EXTRA / name).write_text("{")
    one, two, three = versions.run(home)
    assert (one.trouble, two.facts["parent"], three.verdict) == ("", "1", "blessed")
    assert name in two.trouble


def test_a_model_is_found_by_name_or_path(home, monkeypatch):
    assert versions.find_home("toy", home.parent) == home
    assert versions.find_home(str(home), home.parent / "elsewhere") == home
    monkeypatch.chdir(home.parent)
    assert versions.find_home("toy", home / "elsewhere").resolve() == home
    with pytest.raises(InputError, match="no published model here"):
        versions.run(home.parent / "none")


def test_a_rollback_is_a_new_version_with_the_old_content(home):
    before = {n: artifacts.verify(home / str(n)) for n in (1, 2, 3)}
    new = rollback.run(home)
    assert (new.name, content(new)) == ("4", "b")
    manifest = artifacts.verify(new)
    assert (manifest["parent"], manifest["rolled_back_to"]) == ("2", 2)
    assert manifest["files"] == before[2]["files"]
    assert manifest["data"] == before[2]["data"]
    assert {n: artifacts.verify(home / str(n)) for n in (1, 2, 3)} == before
    assert sorted(entry.name for entry in home.iterdir()) == ["1", "2", "3", "4"]


def test_each_rollback_goes_one_step_further_back(home):
    assert [content(rollback.run(home)) for _ in range(2)] == ["b", "a"]
    with pytest.raises(InputError, match="version 5 has the content of version 1, and there is"):
        rollback.run(home)
    assert artifacts.versions(home)[-1] == 5


def test_what_is_published_after_a_rollback_takes_over_and_can_be_taken_back(home):
    rollback.run(home)
    assert artifacts.find_version(publish(home.parent, "d").parent).name == "5"
    assert content(rollback.run(home)) == "b"  # what served before d
    assert artifacts.verify(home / "6")["rolled_back_to"] == 2
    assert content(rollback.run(home, 5)) == "d"
    assert content(rollback.run(home, 4)) == "b"
    assert artifacts.verify(home / "8")["rolled_back_to"] == 2


def test_a_rollback_says_that_labels_and_traffic_still_name_their_versions(home, capsys):
    rollback.run(home)
    assert capsys.readouterr().err == ""
    (home / "traffic.json").write_text('{"split": {"3": 100}}')
    rollback.run(home)
    said = " ".join(capsys.readouterr().err.split())
    assert "toy/traffic.json: it still sends requests to the versions that it names" in said


def test_a_rollback_still_works_where_old_versions_were_removed(home):
    rollback.run(home)
    shutil.rmtree(home / "2")
    assert content(rollback.run(home)) == "c"
    with pytest.raises(InputError, match=r"no version 2; there are 1, 3, 4, 5"):
        rollback.run(home, 2)


def test_a_damaged_version_is_not_gone_back_to(home):
    (home / "2" / "saved_model.pb").write_text("x")
    with pytest.raises(PipelineError, match="changed since it was published"):
        rollback.run(home)
    assert artifacts.versions(home) == [1, 2, 3]


def test_a_manifest_says_when(home):
    stamp = json.loads((home / "1" / MANIFEST).read_text())["sealed"]
    assert stamp.endswith("+00:00")
