"""Write a tiny run and a tiny version of every task, as the code of today writes them.

    python tests/old_formats/make.py NAME

writes `tests/old_formats/NAME/<task>.tar.xz`. Each archive holds `config.yaml`, `data/`, a run that
was cut after its first epoch (`runs/tiny/...`), and a published version (`saved_models/tiny/1`)
with six of its answers (`answers.json`).
Run it before a change to the files of a run or a version, and commit the archives:
`tests/test_old_formats.py` loads, serves, resumes, retrains and rolls back each of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def make(name: str, target: Path) -> None:
    """Train, cut, train whole and publish one task in the working folder; pack what it leaves."""
    import yaml
    from conftest import TINY

    from pipeline import load
    from pipeline.config import load_config
    from pipeline.stages.publishing import export
    from pipeline.stages.training import train
    from pipeline.tasks import find_task, schema_of

    def cut(epoch: int, scores: object) -> None:
        raise KeyboardInterrupt

    Path("data").mkdir()
    Path("config.yaml").write_text(yaml.safe_dump(TINY[name](Path("data"))), encoding="utf-8")
    task, config = find_task(name), load_config("config.yaml", schema_of, name="tiny")
    with contextlib.suppress(KeyboardInterrupt):
        train.run(task, config, Path("runs"), on_epoch=cut)
    version = export.run(train.run(task, config, Path("whole")), Path("saved_models"))
    texts = [record["text"] for record in task.data.load(config.settings).splits["test"]()]
    answers = load(version)(texts[:6])
    Path("answers.json").write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target, "w:xz", preset=9) as archive:
        for part in ("answers.json", "config.yaml", "data", "runs", "saved_models"):
            archive.add(part)


def main() -> None:
    from pipeline.start import quiet_start

    with quiet_start():
        from pipeline.tasks import TASKS
    for name in TASKS:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            make(name, HERE / sys.argv[1] / f"{name}.tar.xz")
            os.chdir(ROOT)


if __name__ == "__main__":
    main()
