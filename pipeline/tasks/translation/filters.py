"""Which pairs are left out, and why: one rule a setting of `data.filters`, the first one counts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from pipeline.datasets.splits import text_key
from pipeline.tasks.translation.languages import fits, length, scripts_for
from pipeline.tasks.translation.records import Example, empty_sides
from pipeline.tasks.translation.settings import FilterSettings, LanguageSettings

Rule = tuple[str, Callable[[Example], bool]]
"""Why a pair is left out, and whether it is."""


def sift(
    examples: Iterable[Example], filters: FilterSettings, languages: LanguageSettings
) -> Iterator[tuple[Example, str]]:
    """Yields each pair with the reason to leave it out, empty where it stays.

    Whether a pair stood before is known by 16 bytes of it that are held in memory.

    Raises:
        InputError: `script` is on, and what a language is written in is not known.
    """
    rules = list(_rules(filters, languages))
    for example in examples:
        yield example, next((why for why, holds in rules if holds(example)), "")


def _rules(filters: FilterSettings, languages: LanguageSettings) -> Iterator[Rule]:
    if filters.empty:
        yield "a side is empty", lambda each: bool(empty_sides(each))
    if (least := filters.min_characters) is not None:
        yield f"a side has less than {least} characters", lambda each: min(_sizes(each)) < least
    if (most := filters.max_characters) is not None:
        yield f"a side has more than {most} characters", lambda each: max(_sizes(each)) > most
    if (ratio := filters.max_length_ratio) is not None:
        why = f"a side is more than {ratio:g} times as long as the other"
        yield why, lambda each: length_ratio(each) > ratio
    if filters.identical:
        yield "both sides are the same", lambda each: text_key(each.text) == text_key(each.target)
    if filters.script:
        yield _script_rule("source", languages.source, lambda each: each.text)
        yield _script_rule("target", languages.target, lambda each: each.target)
    if filters.duplicates:  # the last: what another rule left out did not stand before
        yield _repeat_rule(filters.duplicates)


def length_ratio(example: Example) -> float:
    """How many times the longer side is as long as the shorter one."""
    short, long = sorted((length(example.text.strip()), length(example.target.strip())))
    return long / max(short, 1)


def _sizes(example: Example) -> tuple[int, int]:
    return len(example.text.strip()), len(example.target.strip())


def _script_rule(side: str, language: str, text_of: Callable[[Example], str]) -> Rule:
    scripts = scripts_for(language)
    why = f"the {side} is not in the script of `{language}`"
    return why, lambda each: not fits(text_of(each), scripts)


def _repeat_rule(what: str) -> Rule:
    seen: set[bytes] = set()

    def stood(example: Example) -> bool:
        sides = [example.text] if what == "source" else [example.text, example.target]
        joined = "\0".join(f"{len(side)} {side}" for side in map(text_key, sides))
        digest = hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = digest in seen
        seen.add(digest)
        return known

    return f"the {what} stands in an earlier line", stood
