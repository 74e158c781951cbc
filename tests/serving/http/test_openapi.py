"""/openapi.json is correct for requests that schemathesis generates from it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.serving.http.openapi import document
from pipeline.serving.http.paths import parse_path

OPERATIONS = [(path, method) for path, item in document()["paths"].items() for method in item]


@pytest.fixture(scope="module")
def api(served):
    import schemathesis

    if not served.ours:
        pytest.skip("our server's own")
    return schemathesis.openapi.from_url(f"http://{served.rest}/openapi.json")


def test_the_document_is_served(served):
    assert served.ask("GET", "/openapi.json").json == document()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_path_belongs_to_the_contract(path, method):
    if path.startswith("/v1/"):
        filled = path.format(model="m", version="7", label="l")
        call = parse_path(method.upper(), filled)
        assert call.target.name == "m"
        assert (call.target.version is not None) == ("{version}" in path)
        assert (call.target.label is not None) == ("{label}" in path)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_responses_match_the_document(api, path, method):
    """Never a 5xx; status, type and body match the document."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    known = st.sampled_from(["half_plus_two", "shapes", "examples", None])

    @given(api[path][method].as_strategy(), known, st.booleans())
    @settings(max_examples=30, suppress_health_check=list(HealthCheck))
    def ask(case, model, version):
        if model and "{model}" in path:
            case.path_parameters["model"] = model
        if version and "{version}" in path:
            case.path_parameters["version"] = 123
        case.call_and_validate(checks=checks)

    ask()
