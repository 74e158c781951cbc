"""The page stands alone: nothing is loaded, nothing runs, and all links lead somewhere."""

import re

from pipeline.report.curves import COLOURS
from pipeline.report.markup import Html, element
from pipeline.report.page import Card, Section, page, paragraph, subsection
from pipeline.report.style import STYLE

NASTY = "</title><script>alert('北京')</script>"


def make():
    sections = [
        Section("Scores", paragraph("a & b")),
        Section("nothing", Html("")),
        Section(NASTY, element("p", NASTY), folded=True),
    ]
    return page(NASTY, NASTY, sections, [Card(NASTY, "97.13", NASTY)], [NASTY])


def test_texts_stay_texts(read):
    tree = read(make().removeprefix("<!DOCTYPE html>"))
    assert tree.all("script") == []
    (title,) = tree.all("title")
    assert title.text == NASTY
    assert tree.all("h1")[0].text == NASTY
    assert tree.all("div", **{"class": "card"})[0].text == f"{NASTY}97.13{NASTY}"
    assert tree.all("p", **{"class": "warning"})[0].text == NASTY


def test_nothing_is_loaded_and_nothing_runs(read):
    document = make()
    tree = read(document.removeprefix("<!DOCTYPE html>"))
    for name in ("script", "link", "img", "iframe", "object", "form"):
        assert tree.all(name) == []
    assert not re.search(r"url\(|@import|https?:", document)
    (policy,) = tree.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy.attributes["content"].startswith("default-src 'none'")
    assert document.startswith("<!DOCTYPE html>")
    assert tree.all("meta")[0].attributes == {"charset": "utf-8"}


def test_links_lead_to_the_sections(read):
    tree = read(make().removeprefix("<!DOCTYPE html>"))
    links = [link.attributes["href"] for link in tree.all("a")]
    assert links == [f"#{section.attributes['id']}" for section in tree.all("section")]
    assert [link.text for link in tree.all("a")] == ["Scores", NASTY]
    first, second = tree.all("section")
    assert not first.all("details")
    assert second.all("details")[0].all("h2")[0].text == NASTY


def test_a_heading_without_content_is_left_out():
    assert subsection("Slots", Html("")) == ""
    assert subsection("Slots", element("p", "x")) == "<h3>Slots</h3><p>x</p>"


def test_the_style_is_whole_and_knows_light_dark_and_paper():
    assert STYLE.count("{") == STYLE.count("}")
    for part in ("prefers-color-scheme: dark", "@media print", "tabular-nums"):
        assert part in STYLE
    defined = set(re.findall(r"(--[\w-]+):", STYLE)) | {"--h", "--w"}  # these two are inline
    assert set(re.findall(r"var\((--[\w-]+)\)", STYLE)) <= defined
    for series in range(1, COLOURS + 1):
        assert STYLE.count(f"--k{series}:") == 2
