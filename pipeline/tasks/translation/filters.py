"""Filter pairs with one rule per setting of `data.filters`; the first that applies is reported."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from pipeline.datasets.splits import text_key
from pipeline.tasks.translation.languages import fits, length, scripts_for
from pipeline.tasks.translation.records import Example, empty_sides
from pipeline.tasks.translation.settings import FilterSettings, LanguageSettings

Rule = tuple[str, Callable[[Example], bool]]
"""The reason to drop a pair, and the predicate that decides it."""


def check_pairs(
    examples: Iterable[Example], filters: FilterSettings, languages: LanguageSettings
) -> Iterator[tuple[Example, str]]:
    """Yield each pair with the reason to drop it; the reason is empty if the pair is kept.

    Detecting duplicates holds a hash of 16 bytes per pair in memory.

    Raises:
        InputError: `script` is on, and the script of a language is unknown.
    """
    rules = list(_rules(filters, languages))
    for example in examples:
        yield example, next((why for why, holds in rules if holds(example)), "")


def _rules(filters: FilterSettings, languages: LanguageSettings) -> Iterator[Rule]:
    if filters.empty:
        yield "a side is empty", lambda each: bool(empty_sides(each))
    if (minimum := filters.min_characters) is not None:
        why = f"a side has fewer than {minimum} characters"
        yield why, lambda each: min(_sizes(each)) < minimum
    if (maximum := filters.max_characters) is not None:
        why = f"a side has more than {maximum} characters"
        yield why, lambda each: max(_sizes(each)) > maximum
    if (ratio := filters.max_length_ratio) is not None:
        why = f"a side is more than {ratio:g} times as long as the other"
        yield why, lambda each: length_ratio(each) > ratio
    if filters.identical:
        yield "both sides are the same", lambda each: text_key(each.text) == text_key(each.target)
    if filters.script:
        yield _script_rule("source", languages.source, lambda each: each.text)
        yield _script_rule("target", languages.target, lambda each: each.target)
    if filters.duplicates:  # last, so that pairs dropped by other rules do not count as earlier
        yield _repeat_rule(filters.duplicates)


def length_ratio(example: Example) -> float:
    """Return the length of the longer side divided by that of the shorter one."""
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

    def is_repeated(example: Example) -> bool:
        sides = [example.text] if what == "source" else [example.text, example.target]
        joined = "\0".join(f"{len(side)} {side}" for side in map(text_key, sides))
        digest = hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = digest in seen
        seen.add(digest)
        return known

    return f"the {what} occurs in an earlier line", is_repeated
