"""The page in a real Chromium, if installed: drawing, keyboard, phone."""

import json
import re
import shutil
import subprocess
import sys

import pytest
import tensorflow as tf

from tests.serving.conftest import Served, wait_until
from tests.serving.contract_models import function, publish, spec

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
# Without these Chromium contacts hosts of its vendor at every start.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
browser_only = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
TEXT = spec([None], tf.string, "text")
ASKED = "😀 到 Oslo <b>明天"


def rows(**columns):
    """The same row of outputs for each text."""

    def answer(text):
        count = tf.shape(text)[0]
        fixed = {name: tf.constant([value]) for name, value in columns.items()}
        return {
            name: tf.repeat(value, count, axis=0, name=f"out_{name}")
            for name, value in fixed.items()
        }

    return function(TEXT)(answer)


SLOTS = rows(
    intent=b"book",
    intent_score=0.875,
    rejected=False,
    slot_count=2,
    slot_names=["city", "date", ""],
    slot_starts=[4, 12, -1],
    slot_ends=[8, 14, -1],
    slot_scores=[0.75, 0.5, 0.0],
)
CLASSES = rows(label=b"b", score=0.75, labels=["a", "b"], scores=[0.25, 0.75], rejected=True)
TRANSLATION = {
    "serving_default": rows(translation="one two", score=-0.5, truncated=False),
    "n_best": rows(translations=["one two", "three"], scores=[-0.5, -1.25]),
    "align": rows(
        source_tokens=["一", "二", ""],
        target_tokens=["one", "two"],
        attention=[[0.75, 0.25, 0.0], [0.0, 1.0, 0.0]],
    ),
}
# Non-numbers, a right-to-left text, and output names with another meaning.
ODD = rows(
    translation="שלום",
    score=float("nan"),
    labels=["a", "b"],
    scores=[float("nan"), 0.5],
    label=["x", "y"],
    translations="one",
)


@pytest.fixture(scope="module")
def served(serve, tmp_path_factory):
    root = tmp_path_factory.mktemp("page")
    texts = ["short", "to Oslo & back", "short"]
    publish(root, "a_tagger", {"serving_default": SLOTS}, "1", texts)
    publish(root, "b_classes", {"serving_default": CLASSES}, "1")
    publish(root, "c_translator", TRANSLATION, "1")
    number = function(spec([None], tf.float32, "x"))(lambda x: {"y": x * 2})
    publish(root, "d_numbers", {"serving_default": number}, "1")
    publish(root, "e_odd", {"serving_default": ODD}, "1")
    publish(root, "it's (1)", {"serving_default": CLASSES}, "1")
    with serve(root) as ours:
        yield ours


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, served):
    """The page in English; an error in it, or a request to another host, fails the test."""
    context = chromium.new_context(locale="en-US", permissions=["clipboard-read"])
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.on("request", lambda asked: served.rest in asked.url or wrong.append(asked.url))
    page.goto(f"http://{served.rest}/")
    page.wait_for_selector("#model option", state="attached")
    yield page
    context.close()
    assert not [line for line in wrong if "favicon" not in line and "404" not in line]


def choose(page, model, text=ASKED):
    with page.expect_response("**/page/examples/**"):
        page.select_option("#model", model)
    page.fill("#text", text)


def ask(page, model, text=ASKED):
    choose(page, model, text)
    page.click("#go")
    page.wait_for_selector("#all:not([hidden])")


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "html"), ("/page/page.css", "css"), ("/page/page.js", "javascript")],
)
def test_the_page_loads_nothing_from_other_origins(served, path, kind):
    answer = served.ask("GET", path)
    assert (answer.status, answer.headers["content-type"]) == (200, f"text/{kind}; charset=utf-8")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    text = answer.body.decode()
    assert not re.search(r"(src|href|url\(|import|fetch\()\s*=?\s*[\"'(`]?(https?:)?//", text)
    assert "innerHTML" not in text  # answers are text, never markup


@pytest.mark.parametrize("path", ["/page/", "/page/none.js", "/page/..%2Fserver.py", "/page.html"])
def test_other_files_are_not_served(served, path):
    assert served.ask("GET", path).status == 404


def test_examples_come_from_warm_up_requests(served):
    found = served.ask("GET", "/page/examples/a_tagger").json
    assert found == {"examples": ["short", "to Oslo & back"]}
    assert served.ask("GET", "/page/examples/b_classes").json == {"examples": []}
    assert served.ask("GET", "/page/examples/nobody").status == 404


@browser_only
def test_slots_are_marked_by_code_points(page):
    ask(page, "a_tagger")
    assert page.inner_text(".headline") == "book 87.5 %"
    marks = page.locator("mark").all_inner_texts()
    assert [mark.split() for mark in marks] == [
        ["Oslo", "city", "75.0", "%"],
        ["明天", "date", "50.0", "%"],
    ]
    assert page.text_content(".marked").startswith("😀 到 Oslo")
    assert page.locator(".marked b").count() == 0


@browser_only
def test_classes_are_bars_in_order_of_score(page):
    ask(page, "b_classes")
    assert page.inner_text(".headline") == "b 75.0 % · below the model's threshold"
    assert page.locator(".bars dt").all_inner_texts() == ["b", "a"]
    first, second = (bar.bounding_box()["width"] for bar in page.locator(".bar").all())
    assert first == pytest.approx(3 * second, rel=0.02)


@browser_only
def test_a_translation_is_shown_with_alternatives_and_attention(page):
    ask(page, "c_translator")
    assert page.inner_text(".headline") == "one two"
    assert page.locator("li").all_inner_texts() == ["one two -0.500", "three -1.250"]
    assert page.locator(".heat thead th").all_inner_texts() == ["", "一", "二"]
    assert page.locator(".heat tbody th").all_inner_texts() == ["one", "two"]
    titles = [cell.get_attribute("title") for cell in page.locator(".heat td").all()]
    assert titles[0] == "one → 一: 75.0 %"
    shades = page.locator(".heat td").evaluate_all(
        "cells => cells.map(cell => getComputedStyle(cell).backgroundColor)"
    )
    assert len(set(shades)) == 4


@browser_only
def test_models_without_text_input_take_json(page):
    ask(page, "d_numbers", "1.5")
    assert page.locator("#outputs td").all_inner_texts() == ["answer", "3"]
    page.fill("#text", "x")
    page.click("#go")
    page.wait_for_selector("#error:not(:empty)")
    assert page.locator("#all").is_hidden()


@browser_only
def test_integers_are_sent_unchanged(page):
    choose(page, "d_numbers", "9007199254740993")
    assert "9007199254740993" in page.text_content("#curl")
    with page.expect_request("**/d_numbers:predict") as asked:
        page.click("#go")
    assert "9007199254740993" in asked.value.post_data


@browser_only
def test_non_numbers_are_shown_unchanged_and_other_outputs_in_the_table(page):
    ask(page, "e_odd")
    assert page.locator("#error").is_hidden()
    assert page.locator(".headline").all_inner_texts() == ["שלום"]
    assert page.evaluate("getComputedStyle(document.querySelector('.headline')).direction") == "rtl"
    assert page.inner_text("#answer").count("score NaN") == 1
    assert page.locator(".bars dt").all_inner_texts() == ["b", "a"]
    assert page.locator(".bars dd.quiet").all_inner_texts() == ["50.0 %", "NaN"]
    widths = [bar.bounding_box()["width"] for bar in page.locator(".bar").all()]
    assert widths[1] == 2  # the least width
    table = page.locator("#outputs td").all_text_contents()
    assert dict(zip(table[::2], table[1::2], strict=True))["scores"] == '["NaN",0.5]'


def hold(page, pattern):
    """Hold the requests of a kind until they are released."""
    held = []
    page.route(pattern, lambda route: held.append(route))
    return held


def wait_for(page, held, count=1):
    wait_until(lambda: page.wait_for_timeout(10) or len(held) >= count)


@browser_only
def test_every_signature_gets_the_text_of_the_same_request(page):
    choose(page, "c_translator", "first")
    held = hold(page, "**/c_translator:predict")
    page.click("#go")
    wait_for(page, held)
    page.fill("#text", "second")
    held[0].continue_()
    wait_for(page, held, 3)
    bodies = [json.loads(route.request.post_data) for route in held]
    assert [body["instances"] for body in bodies] == [["first"]] * 3
    names = {body["signature_name"] for body in bodies}
    assert names == {"serving_default", "n_best", "align"}
    for route in held[1:]:
        route.continue_()
    page.wait_for_selector(".heat")


@browser_only
def test_answers_for_a_previously_chosen_model_are_dropped(page):
    choose(page, "a_tagger", "text")
    held = hold(page, "**/a_tagger:predict")
    page.click("#go")
    wait_for(page, held)
    ask(page, "b_classes", "text")
    with page.expect_response("**/a_tagger:predict"):
        held[0].continue_()
    page.wait_for_timeout(200)
    assert page.locator(".marked").count() == 0
    assert page.locator(".bars").count() == 1


@browser_only
def test_signatures_of_a_previously_chosen_model_are_dropped(page):
    choose(page, "b_classes")
    held = hold(page, "**/d_numbers/metadata")
    page.select_option("#model", "d_numbers")
    wait_for(page, held)
    choose(page, "b_classes", "no JSON")
    with page.expect_response("**/d_numbers/metadata"):
        held[0].continue_()
    page.wait_for_timeout(200)
    page.click("#go")
    page.wait_for_selector(".bars")


@browser_only
def test_a_request_waits_for_the_signatures(page):
    choose(page, "b_classes")
    held = hold(page, "**/d_numbers/metadata")
    page.select_option("#model", "d_numbers")
    wait_for(page, held)
    page.fill("#text", "1.5")
    page.click("#go")
    held[0].continue_()
    page.wait_for_selector("#all:not([hidden])")
    assert page.locator("#outputs td").all_inner_texts() == ["answer", "3"]


@browser_only
def test_an_unloaded_model_shows_an_error_and_no_previous_answer(page):
    choose(page, "d_numbers", "1.5")
    gone = {"status": 404, "body": '{"error": "Servable not found"}'}
    page.route("**/b_classes**", lambda route: route.fulfill(**gone))
    page.route("**/b_classes/metadata", lambda route: route.fulfill(**gone))
    page.select_option("#model", "b_classes")
    page.wait_for_selector("#error:not(:empty)")
    page.fill("#text", "no JSON")
    page.click("#go")
    page.wait_for_selector("#error:text-is('Servable not found')")
    assert '["no JSON"]' in page.text_content("#curl")


@browser_only
@pytest.mark.parametrize("model", ["a_tagger", "it's (1)"])
def test_the_snippets_are_the_same_request(page, tmp_path, model):
    hostile = 'it\'s "quoted" \\ $HOME `id`'
    choose(page, model, hostile)
    page.click('[data-copy="python"]')
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.text_content("#python")
    for command in ([sys.executable, "-c", copied], ["bash", "-c", page.text_content("#curl")]):
        if command[0] == "bash" and not shutil.which("curl"):
            continue
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        assert ("slot_starts" if model == "a_tagger" else "labels") in done.stdout


@browser_only
def test_by_keyboard_alone(page):
    page.keyboard.type("hello")
    assert page.input_value("#text") == "hello"  # the text has the focus from the start
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".headline")
    for _ in range(3):  # the examples come next, then the button
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "go"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    wait_until(lambda: page.input_value("#text") == "to Oslo & back")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


@browser_only
def test_two_languages(page, chromium, served):
    ask(page, "b_classes")
    page.click("#language")
    assert page.inner_text("h1") == "试用模型"
    assert "低于模型的阈值" in page.inner_text(".headline")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    with chromium.new_context(locale="zh-CN") as context:
        other = context.new_page()
        other.goto(f"http://{served.rest}/")
        assert other.inner_text("#go") == "提问"


@browser_only
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_in_both_schemes(page, scheme):
    page.set_viewport_size({"width": 360, "height": 640})
    page.emulate_media(color_scheme=scheme)
    for model in ("a_tagger", "b_classes", "c_translator"):
        ask(page, model)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ink, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    bright = [sum(map(int, re.findall(r"\d+", colour)[:3])) / 3 for colour in (ink, paper)]
    assert (bright[0] > bright[1]) == (scheme == "dark")
    assert abs(bright[0] - bright[1]) > 150


@browser_only
def test_the_page_asks_for_a_key_if_the_server_needs_one(serve, served, chromium, tmp_path):
    (tmp_path / "keys").write_text("0123456789abcdef\n")
    with (
        serve(served.server.models.root, api_keys=tmp_path / "keys") as closed,
        chromium.new_context(locale="en-US") as context,
    ):
        assert isinstance(closed, Served)
        page = context.new_page()
        page.goto(f"http://{closed.rest}/")
        page.wait_for_selector("#key-line:not([hidden])")
        page.fill("#key", "0123456789abcdef")
        page.press("#key", "Tab")
        page.wait_for_selector("#examples button")
        page.click("#examples button")
        page.wait_for_selector(".headline")
        assert "Bearer KEY" in page.text_content("#curl")
        assert "0123456789abcdef" not in page.text_content("#snippets")
