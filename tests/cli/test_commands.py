"""The command line, command by command: its output and its exit status."""

import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline import cli

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def load_once():
    """`load`, which keeps the models that it loaded."""
    from pipeline import predictor

    return functools.cache(predictor.load)


@pytest.fixture
def program(home, capsys, monkeypatch, tmp_path):
    """A function that runs the program in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["nlp", *map(str, arguments)])
        status = 0
        try:
            cli.main()
        except SystemExit as leave:
            status = leave.code
        out, err = capsys.readouterr()
        return SimpleNamespace(status=status, out=out, err=err)

    return run


@pytest.fixture
def nlp(program, monkeypatch, load_once, assembly_of):
    """The program, with models that are loaded only once."""
    from pipeline import predictor
    from pipeline.stages import run

    def open_run(path):
        opened = real(path)
        opened.__dict__["best"] = assembly_of(opened.task.name)
        return opened

    real = run.open_run
    monkeypatch.setattr(predictor, "load", load_once)
    monkeypatch.setattr(run, "open_run", open_run)
    return program


@pytest.fixture
def tiny(tiny_of):
    return tiny_of("slot_filling")


@pytest.fixture
def version(version_of):
    return version_of("slot_filling")


@pytest.fixture
def finished_run(run_of):
    return run_of("slot_filling")


@pytest.fixture
def finished(finished_run):
    return finished_run.folder.path


def write_rows(file, count):
    """Write a user's own file of `count` rows, with and without a city."""
    cities = ("北京", "上海", "Oslo", "西安")
    rows = [
        {
            "query": f"去{cities[i % 4]}第{i}次",
            "intent": "go",
            "entities": [{"label": "city", "start": 1, "end": 1 + len(cities[i % 4])}],
        }
        if i % 3
        else {"query": f"hello no {i}", "intent": "greet", "entities": []}
        for i in range(count)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def is_one_line(done, status):
    """Tell whether the program exited with this status and printed one error line, after notes."""
    *notes, last = done.err.splitlines()
    is_error = last.startswith("error: ") and not any(note.startswith("error") for note in notes)
    return done.status == status and is_error and "Traceback" not in done.err


# --- run, init, train, export


def test_run_goes_from_end_to_end(
    nlp, home, tiny, finished_run, twin, finished, version, monkeypatch
):
    from pipeline.stages.publishing import export
    from pipeline.stages.training import train

    monkeypatch.setattr(train, "run", lambda *_: twin(finished_run))
    monkeypatch.setattr(export, "run", lambda *_: version)
    done = nlp("run", tiny.file, tiny.file)
    assert done.status == 0, done.err
    assert done.out.count("test: slots") == done.out.count("slot f1 by other rules") == 2
    report, run, model, try_it, serve = done.out.splitlines()[-5:]
    assert report == f"report: {finished}/report.html"
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert "Split test" in page
    assert run == f"run: {finished}   wrong predictions: {finished}/errors.jsonl"
    assert model == f"model: {version}"
    assert try_it == f'try it: python main.py predict {version.parent} "TEXT"'
    assert serve == "serve: python main.py serve"


@pytest.mark.slow
def test_init_then_run_on_a_user_s_own_file(program, home, tmp_path):
    write_rows(tmp_path / "mine.jsonl", 60)
    assert program("init", "--data", "mine.jsonl", "--config", "mine.yaml").status == 0
    sizes = ("word_dim", "character_dim", "character_filters", "hidden_dim")
    small = [f"--set=model.{size}=8" for size in sizes]
    done = program(
        "run", "mine.yaml", *small, "--set", "train.epochs=2", "--set=export.parity_rows=2"
    )
    assert done.status == 0, done.err
    published = home / "saved_models" / "mine" / "1"
    *_, run, model, try_it, serve = done.out.splitlines()
    assert (try_it[:6], serve) == ("try it", "serve: python main.py serve")
    assert run.startswith(f"run: {home}/runs/mine/")
    assert model == f"model: {published}"
    done = program("evaluate", published, "--data", "mine.jsonl", "--json", "all.json")
    assert json.loads((tmp_path / "all.json").read_text())["examples"] == 60

    answer = program("predict", published.parent, "去北京").out
    shutil.rmtree(home / "runs" / "mine")
    (tmp_path / "mine.jsonl").unlink()
    published.rename(tmp_path / "elsewhere")
    assert program("predict", "elsewhere", "去北京").out == answer
    assert json.loads(answer)["text"] == "去北京"


def test_init_prints_what_it_detected_and_keeps_an_old_config(nlp, tmp_path):
    write_rows(tmp_path / "mine.jsonl", 3)
    done = nlp("init", "--data", "mine.jsonl", "--config", "mine.yaml")
    assert (done.status, done.out.splitlines()) == (
        0,
        [
            "mine.jsonl: JSONL with keys query, intent, entities",
            "wrote mine.yaml; next: python main.py run mine.yaml",
        ],
    )
    assert nlp("validate", "mine.yaml").status == 0
    done = nlp("init", "--data", "mine.jsonl", "--config", "mine.yaml")
    assert is_one_line(done, 2)
    assert "mine.yaml: exists" in done.err


def test_init_names_the_config_after_the_data(nlp, tmp_path):
    write_rows(tmp_path / "mine.v2.jsonl", 3)
    assert "wrote configs/mine.yaml" in nlp("init", "--data", "mine.v2.jsonl").out
    assert (tmp_path / "configs" / "mine.yaml").is_file()


def test_run_without_a_config_takes_the_example_of_every_task(nlp, monkeypatch):
    from pipeline.errors import InputError
    from pipeline.stages.training import train

    def named(task, config, **_):
        raise InputError(f"{task.name} {config.name} {config.settings.train.epochs}")

    monkeypatch.setattr(train, "run", named)
    done = nlp("run", "--set", "train.epochs=7")
    assert is_one_line(done, 2)
    assert done.err == "error: slot_filling flights_slots 7\n"


def test_train_prints_the_run_s_folder_and_resume_finds_it(nlp, tiny, finished):
    done = nlp("train", tiny.file, "--resume")
    assert (done.status, done.out) == (0, f"{finished}\n")
    assert "already finished" in done.err
    done = nlp("train", tiny.file, "--resume", "--set", "train.seed=2")
    assert is_one_line(done, 2)
    assert "its settings differ" in done.err


def test_export_publishes_a_run(nlp, finished, version, monkeypatch):
    from pipeline.stages.publishing import export

    calls = []

    def publish(*arguments):
        calls.extend(arguments)
        return version

    monkeypatch.setattr(export, "run", publish)
    done = nlp("export", finished)
    assert (done.status, done.out) == (0, f"{version}\n")
    (run,) = calls
    about = (run.task.name, run.config.name, run.folder.path)
    assert about == ("slot_filling", "tiny_slot_filling", finished)


def test_paths_are_printed_relative_to_the_working_folder(nlp, tiny, finished, monkeypatch, home):
    monkeypatch.chdir(home)
    assert nlp("train", tiny.file, "--resume").out == f"{finished.relative_to(home)}\n"


# --- evaluate


def test_evaluate_writes_the_promised_json(nlp, version, tmp_path):
    done = nlp("evaluate", version, "--json", "scores.json")
    assert done.status == 0, done.err
    assert "test: slots" in done.out
    scores = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    about = {"task", "model", "split", "examples", "metrics", "unseen_labels", "rows"}
    assert scores.keys() == about
    assert scores["rows"].keys() == {"test/not_in_train", "test/en", "test/zh"}
    about = (scores["task"], scores["model"], scores["split"], scores["examples"])
    assert about == ("slot_filling", str(version), "test", 24)
    names = {"slot_f1", "intent_accuracy", "intent_accuracy_any_of", "sentence_accuracy"}
    assert scores["metrics"].keys() >= names | {"role_accuracy"}
    for metric in scores["metrics"].values():
        assert metric.keys() == {"value", "low", "high"}
    exported = json.loads((version / "assets.extra" / "metrics.json").read_text())
    assert exported["test"]["metrics"] == scores["metrics"]


def test_evaluate_takes_a_run_a_part_and_a_file(nlp, finished, version, tiny, tmp_path):
    done = nlp("evaluate", finished, "--split", "test/zh", "--json", "part.json")
    assert done.status == 0, done.err
    part = json.loads((tmp_path / "part.json").read_text(encoding="utf-8"))
    assert (part["split"], part["examples"]) == ("test/zh", 12)
    data = tiny.config.settings.data.files["valid"]
    done = nlp("evaluate", version.parent, "--data", data, "--json", "file.json")
    assert done.status == 0, done.err
    whole = json.loads((tmp_path / "file.json").read_text(encoding="utf-8"))
    assert (whole["split"], whole["examples"]) == ("valid.jsonl", 24)


def test_evaluate_with_stress_adds_rows_to_the_table_and_to_a_run_s_scores(nlp, finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "tiny_slot_filling" / "run")
    (folder / "scores.json").unlink(missing_ok=True)
    done = nlp("evaluate", folder, "--stress", "--json", "all.json")
    assert done.status == 0, done.err
    assert "stress_swapped" in done.out
    assert "test/minimal_pairs: this data has nothing to make it of" in done.err
    kept = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    written = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert {"test", "test/stress_seen", "test/stress_unseen"} <= kept.keys()
    assert kept["test/stress_seen"] == written["rows"]["test/stress_seen"]


def test_evaluate_with_the_baseline_prints_both_and_which_is_better(nlp, version):
    pytest.importorskip("sklearn_crfsuite", reason="sklearn-crfsuite, of the extra `baseline`")
    done = nlp("evaluate", version, "--baseline")
    assert done.status == 0, done.err
    assert "test: model against baseline" in done.out
    row = next(line for line in done.out.splitlines() if line.split()[:1] == ["baseline"])
    assert row.split()[1] == "24"


def test_compare_prints_what_may_be_chance(nlp, version, finished):
    done = nlp("compare", version, finished)
    assert done.status == 0, done.err
    printed = " ".join(done.out.split())  # lines are broken at the terminal's width
    assert "first against second (paired bootstrap over examples)" in printed
    assert "distinguishable" in printed  # as "not distinguishable": the version is that run
    assert "better" not in printed


def test_compare_refuses_models_of_two_tasks(nlp, version, version_of):
    done = nlp("compare", version, version_of("text_classification"))
    assert done.status == 2
    assert "expected two models of one task" in done.err


def test_run_with_seeds_publishes_the_best_on_valid(
    nlp, tiny, finished_run, twin, version, monkeypatch
):
    from pipeline.stages.evaluation import evaluate, report
    from pipeline.stages.experiments import seeds
    from pipeline.stages.publishing import export

    runs = []

    def several(task, config, count):
        results = evaluate.of_run(finished_run)
        for seed in (3, 1):
            run = twin(finished_run, config=seeds.with_seed(config, seed))
            runs.append(seeds.SeedRun(run, results))
        assert count == 2
        return runs

    published = []
    monkeypatch.setattr(seeds, "run", several)
    monkeypatch.setattr(report, "run", lambda *_: finished_run.folder.report)
    monkeypatch.setattr(export, "run", lambda *given: published.append(given) or version)
    done = nlp("run", tiny.file, "--seeds", "2")
    assert done.status == 0, done.err
    assert "mean ± SD and range of seeds 1, 3" in " ".join(done.out.split())
    ((run,),) = published
    assert (run.settings.train.seed, run.folder) == (3, finished_run.folder)
    assert is_one_line(nlp("run", tiny.file, "--seeds", "0"), 2)


def test_run_with_folds_cross_validates_and_publishes_nothing(nlp, tiny, tmp_path, monkeypatch):
    from pipeline.stages.evaluation import evaluate
    from pipeline.stages.experiments import cross_validation, seeds
    from pipeline.stages.publishing import export
    from pipeline.task import Scores

    suspects = [[{"source": "f:1"}], None]

    def divided(task, config, count):
        runs = [
            seeds.SeedRun(None, [evaluate.Result(cross_validation.HELD_OUT, 8, Scores(m, [], []))])
            for m in ({"slot_f1": {"value": value}} for value in (80.0, 90.0))
        ]
        assert count == 2
        return cross_validation.Folds(tmp_path / "runs", runs, suspects.pop(0))

    monkeypatch.setattr(cross_validation, "run", divided)
    monkeypatch.setattr(export, "run", lambda *_: pytest.fail("published"))
    done = nlp("run", tiny.file, "--folds", "2")
    assert done.status == 0, done.err
    assert "mean ± SD and range of 2 folds" in " ".join(done.out.split())
    assert "85.00 ± 7.07" in done.out
    assert done.out.splitlines()[-2:] == [
        "folds: runs",
        "likely label errors: 1, most likely first, in runs/label_errors.jsonl",
    ]
    assert "likely label errors: unknown" in nlp("run", tiny.file, "--folds", "2").out
    assert is_one_line(nlp("run", tiny.file, "--folds", "1"), 2)
    done = nlp("run", tiny.file, "--folds", "2", "--seeds", "2")
    assert is_one_line(done, 2)
    assert "either --seeds or --folds" in done.err


def test_evaluate_names_the_parts_there_are(nlp, version):
    done = nlp("evaluate", version, "--split", "test/contrast")
    assert is_one_line(done, 2)
    assert "no such part; there are test, test/not_in_train, test/en, test/zh" in done.err


def test_report_prints_where_the_page_is(nlp, finished, monkeypatch):
    from pipeline.stages.evaluation import report

    monkeypatch.setattr(report, "run", lambda run: run.folder.report)
    done = nlp("report", finished)
    assert (done.status, done.out) == (0, f"{finished}/report.html\n")
    done = nlp("report", finished.parent)
    assert is_one_line(done, 2)
    assert "not a run folder" in done.err


# --- predict


def test_predict_prints_an_object_a_line(nlp, version):
    done = nlp("predict", version.parent, "订5月1日到北京的机票", "hello")
    assert (done.status, done.err) == (0, "")
    first, second = map(json.loads, done.out.splitlines())
    assert first["intent"].keys() == {"label", "score"}
    assert [slot["slot"] for slot in first["slots"]] == ["date", "arrival_city"]
    assert second["text"] == "hello"


def test_predict_reads_lines_or_jsonl_and_writes_a_file(nlp, version, tmp_path):
    (tmp_path / "lines.txt").write_text("hello\n\n你好\n", encoding="utf-8")
    done = nlp("predict", version, "--input", "lines.txt", "--output", "out.jsonl")
    assert (done.status, done.out) == (0, "")
    answers = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in answers] == ["hello", "", "你好"]
    write_rows(tmp_path / "rows.jsonl", 1)
    (tmp_path / "rows.jsonl").write_text('{"text": "hello"}\n', encoding="utf-8")
    assert json.loads(nlp("predict", version, "--input", "rows.jsonl").out)["text"] == "hello"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "predict: expected either texts or --input FILE"),
        (["text", "--input", "x"], "predict: expected either texts or --input FILE"),
        (["--input", "missing.txt"], "missing.txt: no such file or folder"),
        (["--input", "bad.jsonl"], "bad.jsonl:1: not valid JSON"),
        (["--input", "other.jsonl"], "other.jsonl:1: no key `text`; its keys: id, query; expected"),
        (["--input", "rows.csv"], "rows.csv: a table (.csv); expected texts, one a line"),
        (["--input", "bad.txt"], "bad.txt:2: byte 0xff at column 1 is not UTF-8"),
    ],
)
def test_predict_explains_what_is_wrong_with_its_input(nlp, version, tmp_path, arguments, message):
    (tmp_path / "bad.jsonl").write_text("{\n", encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"hello\n\xff\n")
    (tmp_path / "other.jsonl").write_text('{"id": 1, "query": "hello"}\n', encoding="utf-8")
    (tmp_path / "rows.csv").write_text("text,label\nhello,book\n", encoding="utf-8")
    done = nlp("predict", version, *arguments)
    assert is_one_line(done, 2)
    assert message in done.err


def test_predict_writes_an_error_column_and_exits_with_2(nlp, version, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"text": "hello"}\n{}\n', encoding="utf-8")
    done = nlp("predict", version, "--input", "rows.jsonl", "--output", "out.jsonl")
    assert done.status == 2
    assert "1 of 2 rows have an error; the first: rows.jsonl:2: no key `text`; its" in done.err
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["error"] is None for row in rows] == [True, False]


# --- validate


def test_validate_lists_all_bad_lines_and_exits_with_2(nlp, tiny, tmp_path):
    good = '{"text": "a", "intent": "x", "slots": []}\n'
    (tmp_path / "rows.jsonl").write_text(good + "{\n" + good + "[1]\n", encoding="utf-8")
    done = nlp("validate", tiny.file, "--set", "data.files={train: rows.jsonl}")
    assert is_one_line(done, 2)
    assert "tiny_slot_filling: 2 bad lines; the first: rows.jsonl:2: not valid JSON" in done.err
    assert "rows.jsonl:2" in done.out
    assert "rows.jsonl:4" in done.out


def test_validate_exits_with_0_if_all_lines_are_valid(nlp, tiny):
    done = nlp("validate", tiny.file)
    assert (done.status, done.err) == (0, "")
    assert "train" in done.out


# --- errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["train", "no_such"],
            "no_such: no such config file; shipped ones: ag_news, atis, flights",
        ),
        (["predict", "no/such", "text"], "no/such: no published model here; expected saved_models"),
        (["evaluate", "no/such"], "no/such: no published model here"),
        (["export", "no/such"], "no/such: not a run folder; expected one that `train` made"),
        (["init", "--data", "no/such"], "no/such: no such file or folder"),
        (["init", "--data", ".", "--task", "x"], "task `x`: unknown; expected one of slot_filling"),
        (["validate", "flights_slots", "--set", "train.epoch=3"], "nearest is `train.epochs`"),
        (["validate", "flights_slots", "--set", "train.epochs=x"], "setting `train.epochs`: "),
        (["validate", "flights_slots", "--set", "train.epochs"], "expected KEY=VALUE"),
        (["train", "flights_slots", "--epochs", "3"], "No such option: --epochs"),
        (["evaluate", "no/such", "--floor"], "--floor is now called --baseline"),
        (["evaluate", "m", "--baselin"], "No such option: --baselin"),
        (
            ["validate", "flights_slots", "--set", "retrain.between=false"],
            "--set retrain.between=false: setting `retrain.between` is now called",
        ),
        (["tain", "flights_slots"], "No such command 'tain'"),
        (["train"], "Missing argument 'CONFIG'"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(nlp, arguments, message):
    done = nlp(*arguments)
    assert is_one_line(done, 2), done.err
    assert message in done.err


def test_a_changed_model_is_status_1(nlp, version, tmp_path):
    copied = shutil.copytree(version, tmp_path / "model")
    (copied / "assets" / "words.txt").write_text("other", encoding="utf-8")
    done = nlp("predict", copied, "text")
    assert is_one_line(done, 1)
    assert "words.txt: changed since it was published" in done.err


@pytest.fixture
def breaks(monkeypatch):
    """A function that makes `validate` raise an error."""
    from pipeline.stages.data import validate

    def put(error):
        def raise_it(*_):
            raise error

        monkeypatch.setattr(validate, "run", raise_it)

    return put


def test_an_unexpected_error_is_one_line_and_status_1(nlp, breaks, tiny):
    breaks(RuntimeError("boom\nand more"))
    done = nlp("validate", tiny.file)
    assert is_one_line(done, 1)
    hint = "(run again with --debug for the traceback)"
    assert done.err == f"error: RuntimeError: boom {hint}\n"
    breaks(KeyError())
    assert nlp("validate", tiny.file).err == f"error: KeyError: KeyError {hint}\n"


@pytest.mark.parametrize("error", ["PipelineError", "RuntimeError"])
def test_debug_raises(nlp, breaks, tiny, error):
    from pipeline.errors import PipelineError

    known = {"PipelineError": PipelineError, "RuntimeError": RuntimeError}[error]
    breaks(known("boom"))
    with pytest.raises(known, match="boom"):
        nlp("--debug", "validate", tiny.file)


def test_ctrl_c_stops_cleanly(nlp, breaks, tiny):
    breaks(KeyboardInterrupt())
    done = nlp("validate", tiny.file)
    assert (done.status, done.err) == (130, "error: stopped\n")


# --- tune


def test_tune_writes_the_best_config(nlp, tiny, tmp_path, monkeypatch, home):
    pytest.importorskip("optuna", reason="optuna, of the extra `tune`")
    from pipeline.runs import RunFolder
    from pipeline.stages.training import train

    def run(task, config, runs, *, on_epoch):
        folder = runs / config.name / "run"
        folder.mkdir(exist_ok=True)
        score = 100 * config.settings.model.dropout
        on_epoch(1, {task.headline: score})
        (folder / "metrics.jsonl").write_text(json.dumps({"epoch": 1, task.headline: score}))
        return SimpleNamespace(folder=RunFolder(folder))

    monkeypatch.setattr(train, "run", run)
    search = ("tune", tiny.file, "--set", "tune={model.dropout: [0.1, 0.3]}")
    done = nlp(*search, "--trials", "4", "--budget", "1m", "--output", "best.yaml")
    assert done.status == 0, done.err
    assert "tiny_slot_filling: 4 trials" in done.out
    assert done.out.endswith("best: best.yaml; next: python main.py run best.yaml\n")
    assert "dropout: 0.3" in (tmp_path / "best.yaml").read_text()
    assert (home / "tune" / "tiny_slot_filling" / "study.db").is_file()
    assert is_one_line(nlp(*search, "--budget", "soon"), 2)


# --- drift


def test_drift_exits_with_4_if_texts_differ(nlp, version, tiny, tmp_path):
    done = nlp("drift", version, "--data", tiny.config.settings.data.files["test"])
    assert done.status == 0, done.err
    assert "24 texts against 24 held-out ones" in " ".join(done.out.split())
    (tmp_path / "live.txt").write_text("съешь ещё этих мягких булок\n" * 40, encoding="utf-8")
    done = nlp("drift", version.parent, "--data", "live.txt", "--json", "drift.json")
    assert is_one_line(done, 4)
    assert "live.txt: over the threshold: unknown tokens, new n-grams" in done.err
    found = json.loads((tmp_path / "drift.json").read_text(encoding="utf-8"))
    assert (found["texts"], found["rate"]) == (40, 0.05)
    scripts = next(shift for shift in found["shifts"] if shift["signal"] == "scripts")
    assert scripts["changes"][0][0] == "Cyrillic"
    assert scripts["distance"] == pytest.approx(1)
    assert is_one_line(nlp("drift", version, "--data", "live.txt", "--false-alarms", "2"), 2)
    (tmp_path / "none.txt").write_text("")
    assert is_one_line(nlp("drift", version, "--data", "none.txt"), 2)


def test_drift_reads_annotated_data_in_any_format(nlp, version, tmp_path):
    write_rows(tmp_path / "mine.jsonl", 12)  # with the texts under another key
    assert "12 texts" in nlp("drift", version, "--data", "mine.jsonl").out


# --- label-next


def test_label_next_reads_disagreements_of_shadow_traffic(nlp, version, tmp_path):
    from pipeline.serving.versions.disagreements import disagreements

    texts = np.array([b"fly to Oslo", b"fly to Rome"], object)
    intents = (np.array([b"book", b"fare"], object), np.array([b"fare", b"book"], object))
    rows = list(disagreements({"text": texts}, {n: {"intent": i} for n, i in enumerate(intents)}))
    (tmp_path / "shadow.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ("label-next", version, "--data", "shadow.jsonl", "--output", "next.jsonl")
    done = nlp(*command, "--count", "1")
    assert done.status == 0, done.err
    assert "no learning curve" in done.err
    (row,) = map(json.loads, (tmp_path / "next.jsonl").read_text().splitlines())
    assert row.keys() == {"text", "intent", "slots"}
    done = nlp(*command)
    assert is_one_line(done, 2)
    assert "next.jsonl: exists" in done.err


# --- versions


def test_versions_and_rollback(nlp, version, tmp_path):
    name = version.parent.name
    shutil.copytree(version, tmp_path / "saved_models" / name / "7")
    done = nlp("versions", name)
    assert done.status == 0, done.err
    assert f"{name}: versions (slot f1;" in done.out
    done = nlp("rollback", name)
    assert is_one_line(done, 2)
    assert "there is none before it" in done.err
    done = nlp("rollback", name, "7")
    assert (done.status, done.out) == (0, f"saved_models/{name}/8\n")
    assert "= 7" in nlp("versions", f"saved_models/{name}").out
    assert is_one_line(nlp("versions", "none"), 2)


# --- starting up


@pytest.mark.parametrize("rejected", [True, False])
def test_retrain_prints_its_outcome(program, monkeypatch, tmp_path, rejected):
    from pipeline.runs import RunFolder
    from pipeline.stages.evaluation import report
    from pipeline.stages.retraining import retrain

    calls = []

    def run(*arguments, **options):
        calls.append((arguments, options))
        version = None if rejected else tmp_path / "models" / "flights" / "2"
        verdict = SimpleNamespace(reason="the exam is lost")
        candidate = SimpleNamespace(folder=RunFolder(tmp_path / "run"))
        return SimpleNamespace(version=version, verdict=verdict, run=candidate)

    monkeypatch.setattr(retrain, "run", run)
    monkeypatch.setattr(report, "run", lambda run: run.folder.report)
    done = program(
        *("retrain", "models/flights", "--data", "new.jsonl", "--set", "retrain.epochs=2"),
        *("--exam", "exam.csv", "--force", "why", "--test-rows", "learn"),
    )
    assert "report: run/report.html" in done.out
    if rejected:
        assert (done.status, done.err) == (
            3,
            "error: rejected, nothing published: the exam is lost\n",
        )
    else:
        assert (done.status, done.err) == (0, "")
        assert "model: models/flights/2" in done.out
    ((arguments, options),) = calls
    assert arguments == (Path("models/flights"), Path("new.jsonl"), ["retrain.epochs=2"])
    assert options == {
        "exam": Path("exam.csv"),
        "old_data": None,
        "exam_rows": "learn",
        "force": "why",
    }


def test_retrain_takes_a_file_or_a_folder(program):
    for given in ((), ("--data", "a", "--watch", "b")):
        done = program("retrain", "models/flights", *given)
        assert is_one_line(done, 2)
        assert "expected either --data FILE or --watch FOLDER" in done.err
    assert is_one_line(program("retrain", "m", "--watch", "b", "--force", "why"), 2)
    done = program("retrain", "m", "--data", "a", "--force", " ")
    assert is_one_line(done, 2)
    assert "--force is empty; expected the reason" in done.err


def test_retrain_watches_a_folder(program, monkeypatch):
    from pipeline.stages.retraining import watch_folder

    calls = []
    monkeypatch.setattr(watch_folder, "run", lambda *arguments: calls.append(arguments))
    settings = ("--set", "retrain.epochs=2", "--exam", "exam.csv", "--test-rows", "leave-out")
    done = program("retrain", "models/flights", "--watch", "inbox", *settings)
    assert (done.status, done.err) == (0, "")
    ((home, folder, command, *rest),) = calls
    assert (home, folder) == (Path("models/flights"), Path("inbox"))
    assert rest == [["retrain.epochs=2"], Path("exam.csv"), None]
    assert command[:4] == [sys.executable, str(ROOT / "main.py"), "retrain", "models/flights"]
    assert command[4:] == ["--set=retrain.epochs=2", "--exam=exam.csv", "--test-rows=leave-out"]


def test_help_needs_no_tensorflow():
    script = (
        "import sys, main\n"
        "for arguments in (['--help'], ['train', '-h']):\n"
        "    sys.argv = ['nlp', *arguments]\n"
        "    main.main()\n"
        "print(sorted({'tensorflow', 'keras', 'numpy', 'pandas'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    commands = [
        "run",
        "train",
        "evaluate",
        "export",
        "predict",
        "validate",
        "init",
        "convert",
        "retrain",
    ]
    for word in (*commands, "--resume"):
        assert word in done.stdout
    assert done.stdout.endswith("[]\n")
    assert not done.stderr


def test_without_a_command_help_is_shown(nlp):
    done = nlp()
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("Usage: ")


def test_make_run_trains_the_example_of_every_task():
    from pipeline.tasks import TASKS, find_task

    (line,) = [
        line
        for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
        if line.startswith("EXAMPLES := ")
    ]
    assert sorted(line.split()[2:]) == sorted(find_task(task).example for task in TASKS)


def test_a_missing_config_is_reported_before_any_training(program):
    done = program("run", "flights_slots", "no_such_config", "--jobs", "2")
    assert done.status == 2
    assert "no_such_config" in done.err
    assert not done.out
