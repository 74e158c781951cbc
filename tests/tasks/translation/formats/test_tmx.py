"""TMX: segments by language, codes inside them, entities refused, bad units by line."""

import gzip

import pytest

from pipeline.tasks.translation.formats import tmx

DOCTYPE = '<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n'
HEAD = f'<?xml version="1.0"?>\n{DOCTYPE}<tmx version="1.4"><header/>\n<body>\n'
TAIL = "</body></tmx>\n"


def unit(**segments):
    tuvs = "".join(
        f'<tuv xml:lang="{language.replace("_", "-")}"><seg>{text}</seg></tuv>'
        for language, text in segments.items()
    )
    return f"<tu>{tuvs}</tu>\n"


@pytest.fixture
def read(write, make_form):
    """A function from a file's content to (text, target, line) of each example, and its errors."""

    def read(content, name="a.tmx", source="en", target="de"):
        path = write(name, content)
        form, errors = make_form("tmx", languages={"source": source, "target": target}), []
        rows = list(tmx.read(path, form, errors.append))
        found = [(row.text, row.target, int(row.source.removeprefix(f"{path}:"))) for row in rows]
        return found, [(error.line, error.wrong) for error in errors]

    return read


def test_units_by_language_with_and_without_a_region(read):
    body = unit(en="a", de="b") + unit(de_AT="d", EN_gb="c") + unit(fr="x", en="e", de="f")
    found = [("a", "b", 5), ("c", "d", 6), ("e", "f", 7)]
    assert read(HEAD + body + TAIL) == (found, [])
    assert read(HEAD + body + TAIL, source="de", target="en")[0] == [(t, s, n) for s, t, n in found]
    assert read(gzip.compress((HEAD + body + TAIL).encode()), "a.tmx.gz") == (found, [])
    many = unit(en_US="us", en="plain", en_GB="gb", de="x")
    assert read(HEAD + many + TAIL)[0] == [("plain", "x", 5)]
    assert read(HEAD + many + TAIL, source="en-GB")[0] == [("gb", "x", 5)]
    assert read(HEAD + unit(en_US="us", en_GB="gb", de="x") + TAIL)[0] == [("us", "x", 5)]


def test_the_old_attribute_and_other_encodings(read):
    body = '<tu><tuv lang="EN"><seg>n\u00e9</seg></tuv><tuv lang="DE"><seg>\u00df</seg></tuv></tu>'
    content = HEAD.replace('"1.0"', '"1.0" encoding="ISO-8859-1"') + body + TAIL
    assert read(content.encode("latin-1"))[0] == [("né", "ß", 5)]
    content = HEAD.replace('"1.0"', '"1.0" encoding="UTF-16"') + body + TAIL
    assert read(content.encode("utf-16"))[0] == [("né", "ß", 5)]


def test_codes_are_no_text_and_highlights_are(read):
    text = 'a <bpt i="1">&lt;b&gt;</bpt>bold<ept i="1">&lt;/b&gt;</ept>'
    text += " <hi>c</hi><ph>{<sub>x</sub>}</ph>."
    assert read(HEAD + unit(en=text, de="b") + TAIL)[0] == [("a bold c.", "b", 5)]


def test_text_comes_whole_over_the_chunks(read, monkeypatch):
    texts = ["a\x85b\u2028c \u00a0", "x &amp; y &#13; &#x4eac;<![CDATA[<i>]]>", " 👩‍👧\n\tz "]
    body = "".join(unit(en=text, de=text) for text in texts)
    expected = ["a\x85b\u2028c \u00a0", "x & y \r 京<i>", " 👩‍👧\n\tz "]
    for chunk in (1, 7, 1 << 16):
        monkeypatch.setattr(tmx, "CHUNK", chunk)
        found, errors = read(HEAD + body + TAIL)
        assert [(text, target) for text, target, _ in found] == [(t, t) for t in expected]
        assert errors == []


def test_bad_units_are_told_by_line_and_the_rest_is_read(read):
    body = unit(en="a", de="b") + unit(en="c", fr="d") + "<tu/>\n" + unit(en="&foo;", de="f")
    found, errors = read(HEAD + body + unit(en="g", de="h") + TAIL)
    assert found == [("a", "b", 5), ("g", "h", 9)]
    assert errors == [
        (6, "no `de` among en, fr"),
        (7, "no `en` among nothing"),
        (8, "the entity &foo; is not defined"),
    ]


def test_entities_are_rejected(read, write):
    secret = write("secret.txt", "secret")
    for declared in ('lol "haha"', f'lol SYSTEM "{secret}"'):
        doctype = f"<!DOCTYPE tmx [\n<!ENTITY {declared}>\n]>\n"
        content = HEAD.replace(DOCTYPE, doctype)
        found, errors = read(content + unit(en="&lol;", de="b") + TAIL)
        assert (found, errors) == ([], [(3, "the entity 'lol' is declared here")])


def test_what_is_no_whole_xml_is_told_by_line_after_what_was_read(read):
    body = unit(en="a", de="b")
    for broken, line in ((body + "<tu><tuv></tu>", 6), (body, 6), (body + "\x00", 6)):
        found, errors = read(HEAD + broken)
        assert found == [("a", "b", 5)]
        assert errors[0][0] == line
        assert errors[0][1].startswith("not well-formed XML (")
    found, errors = read(b"\xff\xfe")
    assert (found, len(errors)) == ([], 1)
    packed = gzip.compress((HEAD + body + TAIL).encode())
    assert read(packed[:-4], "a.tmx.gz")[1][0][1].startswith("damaged (")


def test_the_languages_of_a_file(write):
    body = unit(en_US="a", de="b") + unit(en="a", fr="b") + unit(de="a", en="b")
    assert tmx.languages_in(write("a.tmx", HEAD + body + TAIL), 100) == ["en", "de", "fr"]
    assert tmx.languages_in(write("a.tmx", HEAD + body + TAIL), 1) == ["en", "de"]
