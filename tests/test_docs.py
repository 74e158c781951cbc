"""The Markdown pages: short lines, links and paths that exist, commands that the program has."""

import functools
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).parent.parent
LONGEST_LINE = 120
LONGEST_README = 200

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:pipeline|tests|docs|benchmarks|configs)/[\w./*-]*")
COMMAND = re.compile(r"python main\.py\s+([^`|#\n]*)")


def pages() -> list[Path]:
    """Return the Markdown files that git tracks, or those on disk outside a git checkout."""
    listing = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = listing.stdout.split("\n") if listing.returncode == 0 else []
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


PAGES = pages()
if not PAGES:
    pytest.skip("not a git checkout", allow_module_level=True)
each_page = pytest.mark.parametrize(
    "page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES]
)


def numbered(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a page with their numbers, from 1."""
    text = page.read_text(encoding="utf-8")
    return enumerate(text.split("\n"), start=1)


def without_code_blocks(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines outside of fenced and indented code blocks."""
    inside = False
    for number, line in numbered(page):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside and not line.startswith("    "):
            yield number, line


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the targets of the links on a page that stay within the repository."""
    for number, line in without_code_blocks(page):
        for target in LINK.findall(CODE.sub("", line)):
            if "://" not in target and not target.startswith("mailto:"):
                yield number, target


def commands(page: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the words after `python main.py`, wherever a page shows a command."""
    lines = [*numbered(page)]
    for index, (number, line) in enumerate(lines):
        whole = line
        while whole.endswith("\\") and index + 1 < len(lines):
            index += 1
            whole = whole[:-1] + lines[index][1]
        for match in COMMAND.finditer(whole):
            yield number, words_of(match[1])


def words_of(command: str) -> list[str]:
    """Split a command as a shell does; a command quoted in prose may have unbalanced quotes."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


@functools.cache
def options_by_verb() -> dict[str, set[str]]:
    """Return each registered verb with the options that it accepts."""
    from pipeline.cli import app

    group = typer.main.get_command(app)
    return {
        name: {option for parameter in command.params for option in parameter.opts}
        | {option for parameter in command.params for option in parameter.secondary_opts}
        | {"--debug", "--help", "-h"}
        for name, command in group.commands.items()
    }


def faults(page: Path) -> list[str]:
    """Return what is wrong with the commands of a page."""
    found = []
    for number, words in commands(page):
        verb, *rest = words or [""]
        if not re.fullmatch(r"[a-z][a-z-]*", verb):  # an option, or a placeholder such as VERB
            if verb not in {"--help", "-h", "VERB", "COMMAND"}:
                found.append(f"line {number}: `{verb}` is no verb")
            continue
        if verb not in options_by_verb():
            found.append(f"line {number}: there is no verb `{verb}`")
            continue
        for word in rest:
            option = word.lstrip("[").split("=")[0].rstrip("],.;:)")
            if option.startswith("--") and option not in options_by_verb()[verb]:
                found.append(f"line {number}: `{verb}` has no option `{option}`")
    return found


@each_page
def test_lines_are_short(page: Path) -> None:
    long = {n: len(line) for n, line in numbered(page) if len(line) > LONGEST_LINE}
    assert not long, f"lines of more than {LONGEST_LINE} characters: {long}"


@each_page
def test_targets_of_relative_links_exist(page: Path) -> None:
    missing = [
        f"line {number}: {target}"
        for number, target in links(page)
        if not (page.parent / target.split("#")[0]).exists()
    ]
    assert not missing


@each_page
def test_sections_that_links_name_exist(page: Path) -> None:
    missing = [
        f"line {number}: {target}"
        for number, target in links(page)
        if "#" in target and not section_exists(page, *target.split("#", maxsplit=1))
    ]
    assert not missing


def section_exists(page: Path, target: str, section: str) -> bool:
    """Tell whether a page has a heading with the anchor that GitHub makes of it."""
    other = page.parent / target if target else page
    if other.suffix != ".md" or not other.is_file():
        return True
    headings = [
        line.lstrip("#").strip().lower()
        for _, line in without_code_blocks(other)
        if line.startswith("#")
    ]
    anchors = {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}
    return section in anchors


@each_page
def test_paths_in_backticks_exist(page: Path) -> None:
    missing = [
        f"line {number}: {path}"
        for number, line in without_code_blocks(page)
        for code in CODE.findall(line)
        for word in code.split()
        if PATH.fullmatch(path := word.split(":")[0])
        and "..." not in path
        and not any(ROOT.glob(path.rstrip("/")))
        and not created_by_users(path)
    ]
    assert not missing


def created_by_users(path: str) -> bool:
    """Tell whether a path is an example of a file that a reader writes."""
    return path in {"configs/mine.yaml"}


def test_readme_is_short() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_README


@each_page
def test_commands_have_verbs_and_options_of_the_program(page: Path) -> None:
    assert not faults(page)


def test_faults_of_commands_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "`python main.py train CONFIG --resume` and `python main.py nonsense`\n"
        "    python main.py predict MODEL --inputs FILE\n"
        "    python main.py evaluate MODEL \\\n        --strong\n",
        encoding="utf-8",
    )
    assert faults(page) == [
        "line 1: there is no verb `nonsense`",
        "line 2: `predict` has no option `--inputs`",
        "line 3: `evaluate` has no option `--strong`",
    ]
