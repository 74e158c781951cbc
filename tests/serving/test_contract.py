"""The wire contract over REST, one row per rule; TensorFlow Serving can be tested with them.

    TFS_ADDRESS=localhost:8501:8500 python -m pytest tests/serving/test_contract.py

where that server serves what `python -m tests.serving.contract_models FOLDER` wrote. `b2.4` and the
like are the sections of docs/serving.md's rules. Rows marked `differs` state where ours does
better on purpose; they are for our server alone.
"""

import base64
import gzip
import math
from typing import Any, NamedTuple

import pytest

HALF, SHAPES, EXAMPLES = "/v1/models/half_plus_two", "/v1/models/shapes", "/v1/models/examples"


class Row(NamedTuple):
    """A request and the expected response."""

    rule: str
    method: str
    path: str
    body: Any
    status: int
    expected: Any = None  # the JSON, or for an error a part of its text
    differs: bool = False
    headers: Any = None


def get(rule, path, status, expected=None, **more):
    """A row with a GET request."""
    return Row(rule, "GET", path, None, status, expected, **more)


def post(rule, path, body, status, expected=None, **more):
    """A row with a POST request."""
    return Row(rule, "POST", path, body, status, expected, **more)


def malformed(rule, method, path, body=None):
    """A row whose request must be refused as invalid."""
    return Row(rule, method, path, body, 400, f"Malformed request: {method} {path}")


def half(rule, body, status, expected=None, **more):
    """A predict request of the model that halves and adds two."""
    return post(rule, f"{HALF}:predict", body, status, expected, **more)


def typed(rule, dtype, values, expected, status=200):
    """Values for the signature that returns its input of a type."""
    body = {"signature_name": dtype, "inputs": values}
    return post(rule, f"{SHAPES}:predict", body, status, expected)


def kinds(rule, dtype, value, kind, name):
    """A value of a wrong type."""
    text = f"Type: {kind} is not of expected type: {name}"
    return typed(rule, dtype, value, text, 400)


def unfit(rule, verb, signature, expected):
    """Examples for a signature whose outputs have the wrong kind or number of rows."""
    body = {"signature_name": signature, "examples": [{"x": 1.5}, {"x": 2.5}]}
    return post(rule, f"{EXAMPLES}:{verb}", body, 400, expected)


def b64(data):
    """Bytes in JSON."""
    return {"b64": base64.b64encode(data).decode()}


ONE = {"instances": [1.0]}
BOTH = {"text": "a", "x": 1.0}
DEEP = b'{"instances": [' + b"[" * 5000 + b"]" * 5000 + b"]}"

ROWS = [
    # b1: paths
    half("b1.1 predict", {"instances": [1.0, 2.0, 5.0]}, 200, {"predictions": [2.5, 3.0, 4.5]}),
    post("b1.1 any case", "/V1/Models/half_plus_two:predict", ONE, 200, {"predictions": [2.5]}),
    post("b1.1 version", f"{HALF}/versions/123:predict", ONE, 200, {"predictions": [2.5]}),
    post("b1.1 label", f"{HALF}/labels/stable:predict", ONE, 200, {"predictions": [2.5]}),
    post("b1.1 encoded", "/v1/models/half%5Fplus_two:predict", ONE, 200, {"predictions": [2.5]}),
    post("b1.1 no path", "/v1/models/..%2Fhalf_plus_two:predict", ONE, 404, "Servable not found"),
    post("b1.1 dots", "/v1/models/%2e%2e:predict", ONE, 404, "Servable not found for request"),
    get("b1.1 metadata of a version", f"{HALF}/versions/123/metadata", 200),
    get("b1.1 metadata of a label", f"{HALF}/labels/stable/metadata", 200),
    malformed("b1.2 verb", "GET", f"{HALF}:predict"),
    malformed("b1.2 metadata", "POST", f"{HALF}/metadata", ONE),
    malformed("b1.2 put", "PUT", f"{HALF}:predict", ONE),
    malformed("b1.2 delete", "DELETE", HALF),
    malformed("b1.2 patch", "PATCH", f"{HALF}:predict", ONE),
    malformed("b1.2 version", "GET", f"{HALF}/version/1"),
    malformed("b1.2 letters", "POST", f"{HALF}/versions/1a:predict", ONE),
    malformed("b1.2 both", "POST", f"{HALF}/versions/1/labels/stable:predict", ONE),
    malformed("b1.2 slash", "GET", f"{HALF}/"),
    malformed("b1.2 upper verb", "POST", f"{HALF}:PREDICT", ONE),
    malformed("b1.2 nothing", "GET", "/v1/"),
    malformed("b1.3 query", "POST", f"{HALF}:predict?x=1", ONE),
    get("b1.3 query of a name", f"{HALF}?x=1", 404, "half_plus_two?x=1"),
    get(
        "b1.4 too long", f"{HALF}/versions/9223372036854775808", 400, "Failed to convert version: "
    ),
    post("b1.4 zeros", f"{HALF}/versions/0000123:predict", ONE, 200, {"predictions": [2.5]}),
    get("b1.4 many zeros", f"{HALF}/versions/{'0' * 5000}123", 200),
    get("b1.5 no name", "/v1/models", 400, "Missing model name in request."),
    # b2: requests
    half("b2.1 empty", b"", 400, "JSON Parse error: The document is empty"),
    half("b2.1 no JSON", b"{", 400, "JSON Parse error: "),
    half("b2.1 offset", b'{"instances": [1 2]}', 400, " at offset: "),
    half("b2.1 list", b"[1]", 400, "Is not object"),
    half("b2.2 after", b'{"instances": [1]} x', 200, {"predictions": [2.5]}),
    half("b2.2 twice", b'{"instances": [1], "instances": [5]}', 200, {"predictions": [2.5]}),
    half("b2.2 nested twice", b'{"instances": [{"x": 1, "x": 5}]}', 200, {"predictions": [2.5]}),
    half("b2.2 NaN", b'{"instances": [NaN]}', 200, {"predictions": [math.nan]}),
    half("b2.2 Inf", b'{"instances": [Inf, -Inf]}', 200, {"predictions": [math.inf, -math.inf]}),
    half("b2.2 Infinity", b'{"instances": [-Infinity]}', 200, {"predictions": [-math.inf]}),
    half("b2.2 mark", b'\xef\xbb\xbf{"instances": [1]}', 200, {"predictions": [2.5]}),
    half("b2.2 surrogate", b'{"instances": ["\\ud800"]}', 400, "JSON Parse error: "),
    half("b2.2 deep", DEEP, 400),
    half("b2.3 type", {"signature_name": 1, **ONE}, 400, "key must be a string value."),
    half("b2.3 default", {"signature_name": "", **ONE}, 200, {"predictions": [2.5]}),
    half(
        "b2.3 unknown",
        {"signature_name": "nope", **ONE},
        400,
        'Serving signature name: "nope" not found in signature def',
    ),
    half("b2.4 both", {"inputs": [1], **ONE}, 400, "expecting only one of 'inputs' or 'instances'"),
    half("b2.4 neither", {}, 400, "Missing 'inputs' or 'instances' key"),
    half("b2.4 more keys", {"else": [1], **ONE}, 200, {"predictions": [2.5]}),
    post("b2.5 JSON first", "/v1/models/nope:predict", b"{", 400, "JSON Parse error"),
    post("b2.5 signature", "/v1/models/nope:predict", {"signature_name": 1}, 400, "string value"),
    post("b2.5 model", "/v1/models/nope:predict", {}, 404, "for request: Latest(nope)"),
    half("b2.5 tensors last", {"signature_name": "no"}, 400, "not found in signature def"),
    half("b2.6 no list", {"instances": 1}, 400, "to be an list/array"),
    half("b2.6 empty", {"instances": []}, 400, "No values in 'instances' array"),
    half("b2.6 named", {"instances": [{"x": 1}, {"x": 5}]}, 200, {"predictions": [2.5, 4.5]}),
    post("b2.6 several", f"{SHAPES}:predict", ONE, 400, "instances is a plain list, but expecting"),
    post(
        "b2.6 objects",
        f"{SHAPES}:predict",
        {"instances": [BOTH]},
        200,
        {"predictions": [{"joined": "a!", "double": 2.0}]},
    ),
    post(
        "b2.6 missing",
        f"{SHAPES}:predict",
        {"instances": [{"x": 1}]},
        400,
        "keys must be equal to: text,x",
    ),
    half("b2.6 extra", {"instances": [{"x": 1, "z": 1}]}, 400, "Failed to process element: 0"),
    half("b2.6 mix", {"instances": [{"x": 1}, 2]}, 400, "Expecting object but got list at item 1"),
    half("b2.6 mix", {"instances": [1, {"x": 1}]}, 400, "Expecting value/list but got object at"),
    half("b2.6 size", {"instances": [[1], [1, 2]]}, 400, "Expecting tensor size: 1 but got: 2"),
    half("b2.6 where", {"instances": [[1], [1, 2]]}, 400, "Failed to process element: 1 of 'inst"),
    half(
        "b2.6 shape",
        {"instances": [[[1, 2]], [[1], [2]]]},
        400,
        "Expecting shape [1,2] but got: [2,1]",
    ),
    half("b2.7 column", {"inputs": [1, 5]}, 200, {"outputs": [2.5, 4.5]}),
    half("b2.7 named", {"inputs": {"x": [1, 5]}}, 200, {"outputs": [2.5, 4.5]}),
    half("b2.7 extra", {"inputs": {"x": [1], "z": 1}}, 200, {"outputs": [2.5]}),
    half("b2.7 missing", {"inputs": {"z": 1}}, 400, "Missing named input: x in 'inputs' object."),
    post("b2.7 several", f"{SHAPES}:predict", {"inputs": [1]}, 400, "inputs is a plain value/list"),
    post(
        "b2.7 rows",
        f"{SHAPES}:predict",
        {"inputs": {"text": ["a", "b"], "x": [1]}},
        200,
        {"outputs": {"joined": ["a!", "b!"], "double": [2.0]}},
    ),
    typed("b2.7 scalar", "float32", 1.5, {"outputs": 1.5}),
    typed("b2.7 bytes", "string", b64(b"a"), {"outputs": "a"}),
    half("b2.8 size", {"inputs": [[1, 2], [3]]}, 400, "Encountered list at unexpected size: 1"),
    half("b2.8 level", {"inputs": [[1], 2]}, 400, "found at incorrect level: 2"),
    half("b2.8 deeper", {"inputs": [1, [2]]}, 400, "Encountered list at unexpected level: 1"),
    typed("b2.8 empty", "float32", [], {"outputs": []}),
    typed("b2.8 empty inside", "float32", [[], []], {"outputs": [[], []]}),
    typed("b2.9 float", "float32", [1, 0.2, 1e39, -1e-60], {"outputs": [1, 0.2, math.inf, 0]}),
    typed("b2.9 double", "float64", [1, 0.1, 1e300], {"outputs": [1, 0.1, 1e300]}),
    typed("b2.9 int32", "int32", [-(2**31), 2**31 - 1], {"outputs": [-(2**31), 2**31 - 1]}),
    typed("b2.9 int64", "int64", [-(2**63), 2**63 - 1], {"outputs": [-(2**63), 2**63 - 1]}),
    typed("b2.9 uint32", "uint32", [2**32 - 1], {"outputs": [2**32 - 1]}),
    typed("b2.9 uint64", "uint64", [2**64 - 1], {"outputs": [2**64 - 1]}),
    typed("b2.9 int16", "int16", [-5], {"outputs": [-5]}),
    typed("b2.9 int8", "int8", [[-5], [5]], {"outputs": [[-5], [5]]}),
    typed("b2.9 uint8 wraps", "uint8", [300], {"outputs": [44]}),
    typed("b2.9 bool", "bool", [True, False], {"outputs": [True, False]}),
    typed("b2.9 string", "string", [["é"], ["京\u0000"]], {"outputs": [["é"], ["京\u0000"]]}),
    kinds("b2.9 fraction", "int32", [1.0], "Number", "int32"),
    kinds("b2.9 range", "int32", [2**31], "Number", "int32"),
    kinds("b2.9 range", "int64", [2**63], "Number", "int64"),
    kinds("b2.9 range", "uint32", [-1], "Number", "uint32"),
    kinds("b2.9 quotes", "float32", ["1"], "String", "float"),
    kinds("b2.9 null", "float32", [None], "Null", "float"),
    kinds("b2.9 truth", "float32", [True], "True", "float"),
    kinds("b2.9 number", "bool", [1], "Number", "bool"),
    kinds("b2.9 number", "string", [1], "Number", "string"),
    kinds("b2.9 object", "float64", [{"b64": "YQ=="}], "Object", "double"),
    typed("b2.9 half", "float16", [1.0], "Conversion of JSON Value: 1.0 to type: half", 501),
    typed("b2.9 bfloat16", "bfloat16", [1.0], "JSON Value: 1.0 to type: bfloat16", 501),
    typed("b2.9 uint16", "uint16", [1], "Conversion of JSON Value: 1 to type: uint16", 501),
    typed("b2.9 complex", "complex64", [1], "Conversion of JSON Value: 1 to type: complex64", 501),
    half("b2.9 large", b'{"instances": [1e999]}', 400, "JSON Parse error"),
    typed("b2.10 b64", "string", [b64(b"a"), {"b64": "YQ"}], {"outputs": ["a", "a"]}),
    typed(
        "b2.10 two keys", "string", [{"b64": "YQ==", "z": 1}], "not formatted correctly for", 400
    ),
    typed("b2.10 bad", "string", [{"b64": "Y"}], "Unable to base64 decode", 400),
    kinds("b2.10 type", "int32", [{"b64": "YQ=="}], "Object", "int32"),
    *(
        post(
            f"b2 no inputs, {name}",
            f"{SHAPES}:predict",
            {"signature_name": "nothing", **body},
            status,
            expected,
            differs=True,
        )
        for name, body, status, expected in [
            ("columns", {"inputs": {}}, 200, {"outputs": [1.0]}),
            ("rows", {"instances": [{}]}, 200, {"predictions": [1.0]}),
            ("a value", {"instances": [1]}, 400, "instances is a plain list"),
            ("bytes", {"instances": [{"b64": ""}]}, 400, "at item 0"),
        ]
    ),
    # b3: answers
    post(
        "b3.2 columns",
        f"{SHAPES}:predict",
        {"inputs": {"text": ["a"], "x": [1]}},
        200,
        {"outputs": {"joined": ["a!"], "double": [2.0]}},
    ),
    post(
        "b3.3 no rows",
        f"{SHAPES}:predict",
        {"signature_name": "single", **ONE},
        400,
        "Tensor name: y has no shape information ",
    ),
    post(
        "b3.3 a scalar in columns",
        f"{SHAPES}:predict",
        {"signature_name": "single", "inputs": [1, 2]},
        200,
        {"outputs": 3.0},
    ),
    post(
        "b3.3 uneven",
        f"{SHAPES}:predict",
        {"signature_name": "uneven", **ONE},
        400,
        "has inconsistent batch size: ",
    ),
    post(
        "b3.3 an empty batch",
        f"{SHAPES}:predict",
        {"signature_name": "none", **ONE},
        200,
        {"predictions": []},
    ),
    post(
        "b3.4 bytes",
        f"{SHAPES}:predict",
        {"signature_name": "raw", "instances": ["é"]},
        200,
        {"predictions": [{"text": "é", "text_bytes": b64("é".encode())}]},
    ),
    post(
        "b3.4 no UTF-8",
        f"{SHAPES}:predict",
        {"signature_name": "string", "inputs": [b64(b"\xff")]},
        200,
        {"outputs": [b64(b"\xff")]},
        differs=True,
    ),
    post(
        "b3.5 numbers",
        f"{SHAPES}:predict",
        {"signature_name": "specials", **ONE},
        200,
        {"predictions": [math.nan, math.inf, -math.inf, 0.2, 3.0]},
    ),
    # b4: classify and regress
    post(
        "b4.1 classify",
        f"{EXAMPLES}:classify",
        {"examples": [{"x": 1.5, "name": "n"}, {"count": 2}]},
        200,
        {"results": [[["n", 1.5], ["b", 0.0]], [["", 0.0], ["b", 2.0]]]},
    ),
    post(
        "b4.1 context",
        f"{EXAMPLES}:classify",
        {"context": {"name": "c"}, "examples": [{"x": [1.5]}]},
        200,
        {"results": [[["c", 1.5], ["b", 0.0]]]},
    ),
    post(
        "b4.1 bytes and truth",
        f"{EXAMPLES}:classify",
        {"examples": [{"name": {"b64": "YQ=="}, "count": True}]},
        200,
        {"results": [[["a", 0.0], ["b", 1.0]]]},
    ),
    post(
        "b4.1 mixed",
        f"{EXAMPLES}:classify",
        {"examples": [{"x": [1.5, 2]}]},
        400,
        "Unexpected element type in feature: x expecting type: float",
    ),
    post("b4.1 null", f"{EXAMPLES}:classify", {"examples": [{"x": None}]}, 400, "JSON type: Null"),
    post("b4.1 list", f"{EXAMPLES}:classify", {"examples": [{"x": [[1]]}]}, 400, "type: Array"),
    post("b4.1 object", f"{EXAMPLES}:classify", {"examples": [{"x": {}}]}, 400, "type: Object"),
    post("b4.1 uint64", f"{EXAMPLES}:classify", {"examples": [{"x": 2**63}]}, 400, "Only int64"),
    post("b4.1 whole", f"{EXAMPLES}:classify", {"examples": [{"x": 1}]}, 400, "x"),
    post("b4.1 none", f"{EXAMPLES}:classify", {"examples": []}, 400, "is an empty array"),
    post("b4.1 no key", f"{EXAMPLES}:classify", {}, 400, "is expected and was not found"),
    post("b4.1 no object", f"{EXAMPLES}:classify", {"examples": [1]}, 400, "must be JSON object"),
    post(
        "b4.2 regress",
        f"{EXAMPLES}:regress",
        {"signature_name": "regress", "examples": [{"x": 1.5}, {}]},
        200,
        {"results": [3.0, 0.0]},
    ),
    post(
        "b4.2 no labels",
        f"{EXAMPLES}:classify",
        {"signature_name": "unlabelled", "examples": [{"x": 1.5}]},
        200,
        {"results": [[["", 1.5]]]},
    ),
    unfit("b4.3 wide", "regress", "wide", "shape to be either [batch_size] or [batch_size, 1]"),
    unfit("b4.3 short", "regress", "short", "did not match output batch size: "),
    unfit("b4.3 whole", "regress", "whole", "Expected output Tensor of DT_FLOAT"),
    unfit("b4.3 no numbers", "regress", "flat", "No regression outputs found"),
    unfit("b4.3 flat", "classify", "flat", "scores"),
    unfit("b4.3 fewer", "classify", "fewer", "scores"),
    unfit("b4.3 unlike", "classify", "unlike", "class and score should match in size"),
    unfit("b4.3 numbered", "classify", "numbered", "classes"),
    unfit("b4.3 worded", "classify", "worded", "scores"),
    unfit("b4.3 no classes", "classify", "regress", 'at least one of "classes" or "scores"'),
    # b5: status and metadata
    get(
        "b5.1 status",
        HALF,
        200,
        {
            "model_version_status": [
                {
                    "version": "123",
                    "state": "AVAILABLE",
                    "status": {"error_code": "OK", "error_message": ""},
                }
            ]
        },
    ),
    get("b5.1 version", f"{HALF}/versions/123", 200),
    get("b5.2 model", "/v1/models/nope", 404, "Could not find any versions of model nope"),
    get("b5.2 version", f"{HALF}/versions/7", 404, "Could not find version 7 of model half_plus"),
    get("b5.4 label", f"{HALF}/labels/stable", 200),
    get("b5.4 unknown label", f"{HALF}/labels/no", 400, "Unrecognized servable", differs=True),
    get("b5.5 unknown", "/v1/models/nope/metadata", 404, "Servable not found for request: Latest"),
    # b6: which version
    post("b6.1", f"{HALF}/versions/7:predict", ONE, 404, "request: Specific(half_plus_two, 7)"),
    post("b6.5", f"{HALF}/labels/no:predict", ONE, 400, "Unrecognized servable version label: no"),
    # b9 and the limits: checked before any work is done
    half("b9 body", b" " * 1_000_001, 413, "larger than 1000000 bytes", differs=True),
    half("b9 rows", {"instances": [1] * 1001}, 413, "at most 1000", differs=True),
    half("b9 elements", {"inputs": [1] * 50_001}, 413, "at most 50000", differs=True),
    half("b9 rows of columns", {"inputs": [1] * 1001}, 413, "at most 1000", differs=True),
    typed("b9 empty lists", "float32", [[]] * 50_001, "at most 50000", 413)._replace(differs=True),
    post(
        "b9 a context for each",
        f"{EXAMPLES}:classify",
        {"context": {"name": "a" * 4000}, "examples": [{}] * 300},
        413,
        "more than 1000000 bytes",
        differs=True,
    ),
    post(
        "b9 example",
        f"{EXAMPLES}:classify",
        {"context": {"name": "a" * 4000}, "examples": [{"z": "a" * 1000}]},
        413,
        "at most 5000",
        differs=True,
    ),
    post(
        "b9 values",
        f"{EXAMPLES}:classify",
        {"examples": [{"x": [1] * 5001}]},
        413,
        "5001 values; at most 5000",
        differs=True,
    ),
    typed("b9 text", "string", ["a" * 5001], "at most 5000", 413)._replace(differs=True),
    post(
        "b9 a long text beside many",
        f"{SHAPES}:predict",
        {"signature_name": "raw", "instances": ["a" * 5000] + ["b"] * 104},
        413,
        "105 rows, the longest of 5000 bytes; at most 524288 bytes",
        differs=True,
    ),
    post(
        "b9 a long example beside many",
        f"{EXAMPLES}:classify",
        {"examples": [{"name": "a" * 4000}] + [{}] * 150},
        413,
        "151 rows, the longest of 40",
        differs=True,
    ),
    half("b9 rank", {"inputs": [[1]]}, 400, "expected shape [?]", differs=True),
    half("b9 no UTF-8", b'{"instances": ["\xff"]}', 400, "Invalid UTF-8", differs=True),
    # b1.8: encodings
    half(
        "b1.8 gzip",
        gzip.compress(b'{"instances": [1]}'),
        200,
        {"predictions": [2.5]},
        headers={"Content-Encoding": "gzip"},
    ),
    half("b1.8 no gzip", b"x", 400, headers={"Content-Encoding": "gzip"}, differs=True),
    half(
        "b1.8 bomb",
        gzip.compress(b" " * 2_000_001),
        413,
        headers={"Content-Encoding": "gzip"},
        differs=True,
    ),
    half(
        "b1.8 any type",
        b'{"instances": [1]}',
        200,
        {"predictions": [2.5]},
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    ),
]


def same(value, expected):
    """Whether values are equal; NaN equals NaN, and floats are compared as float32."""
    if isinstance(expected, dict):
        return value.keys() == expected.keys() and all(
            same(value[k], expected[k]) for k in expected
        )
    if isinstance(expected, list):
        return len(value) == len(expected) and all(map(same, value, expected))
    if isinstance(expected, float) and isinstance(value, float):
        return math.isnan(value) if math.isnan(expected) else value == pytest.approx(expected)
    return value == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_rest(served, row):
    if row.differs and not served.ours:
        pytest.skip("ours differs on purpose")
    answer = served.ask(row.method, row.path, row.body, row.headers)
    assert answer.status == row.status, answer.body
    assert answer.headers["content-type"] == "application/json"
    if row.status != 200:
        assert list(answer.json) == ["error"]
        assert (row.expected or "") in answer.json["error"]
    elif row.expected is not None:
        assert same(answer.json, row.expected), answer.body


def test_head_is_malformed_without_a_body(served):
    answer = served.ask("HEAD", HALF)
    assert (answer.status, answer.body) == (400, b"")


def test_another_path_is_no_json(served):
    answer = served.ask("GET", "/v2/models")
    assert answer.status == 404
    assert "json" not in answer.headers["content-type"]


def test_floats_are_written_shortest_and_whole_ones_with_a_point(served):
    body = {"signature_name": "float32", "inputs": [0.2, 3, 1e-7, 16777216]}
    text = served.predict("shapes", body).body.replace(b" ", b"").replace(b"\n", b"")
    assert text.startswith(b'{"outputs":[0.2,3.0,1')
    assert b"0.20000" not in text


def test_metadata_has_the_doubled_key_and_numbers_as_strings(served):
    answer = served.ask("GET", f"{HALF}/metadata").json
    assert answer["model_spec"] == {
        "name": "half_plus_two",
        "signature_name": "",
        "version": "123",
    }
    signature = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert signature["inputs"]["x"]["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}],
        "unknown_rank": False,
    }
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["defaults"] == {}


def test_an_error_of_the_graph_that_the_client_caused_is_400(served):
    body = b'{"signature_name": "check", "instances": [NaN]}'
    answer = served.predict("shapes", body)
    assert answer.status == 400
    assert "not finite" in answer.json["error"]
    assert "Graph execution" not in answer.json["error"] or not served.ours
