"""The REST API as an OpenAPI document with all paths, statuses and schemas of bodies.

A model's metadata describes the values of `instances` and `inputs`; here they are any JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JSON = "application/json"
ERRORS = {
    400: "The request is invalid; the message gives the reason.",
    401: "The key is missing or unknown.",
    404: "No such model or version.",
    408: "The body did not arrive in time.",
    413: "The request exceeds a limit.",
    429: "Too many requests; retry after the time in Retry-After.",
    501: "JSON cannot represent a type of the model.",
    504: "The deadline expired.",
}
NAME = {"type": "string", "minLength": 1, "pattern": "^[^/:?#]+$"}
VERSION_CHOICES: dict[str, dict[str, Any]] = {
    "": {},
    "/versions/{version}": {
        "version": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
    },
    "/labels/{label}": {"label": NAME},
}
SIGNATURE = {"type": "string", "description": "Defaults to `serving_default`."}


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    paths: dict[str, Any] = {
        "/livez": {
            "get": _operation("Whether the process is alive.", {}, {200: {"text/plain": {}}})
        },
        "/readyz": {"get": _operation("Whether requests can be answered.", {}, _ready())},
    }
    for choice, parameters in VERSION_CHOICES.items():
        base, names = f"/v1/models/{{model}}{choice}", {"model": NAME, **parameters}
        paths[base] = {"get": _rest("States of the versions.", names, _status())}
        paths[f"{base}/metadata"] = {"get": _rest("Signatures.", names, _metadata())}
        for verb, (body, answer) in VERBS.items():
            paths[f"{base}:{verb}"] = {"post": _rest(f"{verb}.", names, answer, body)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Models", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{}, {"key": []}],
    }


def _operation(
    summary: str,
    parameters: Mapping[str, Any],
    responses: Mapping[int, Any],
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {
            str(status): {"description": ERRORS.get(status, "The response."), "content": content}
            for status, content in responses.items()
        },
    }
    if parameters:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": schema}
            for name, schema in parameters.items()
        ]
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return operation


def _rest(
    summary: str,
    parameters: Mapping[str, Any],
    answer: Mapping[str, Any],
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    error = {JSON: {"schema": _object({"error": {"type": "string"}})}}
    responses = {200: {JSON: {"schema": answer}}, **dict.fromkeys(ERRORS, error)}
    return _operation(summary, parameters, responses, body)


def _object(properties: Mapping[str, Any], *optional: str, more: bool = False) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": more,
    }


def _list(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(item)}


def _ready() -> dict[int, Any]:
    model = _object(
        {
            "serving": _list({"type": "integer"}),
            "quarantined": {"type": "object"},
            "trouble": _list({"type": "string"}),
        }
    )
    schema = _object(
        {
            "status": {"enum": ["ready", "degraded", "not ready", "draining"]},
            "models": {"type": "object", "additionalProperties": model},
            "reason": {"type": "string"},
        },
        "reason",
    )
    return {200: {JSON: {"schema": schema}}, 503: {JSON: {"schema": schema}}}


def _status() -> dict[str, Any]:
    status = _object({"error_code": {"type": "string"}, "error_message": {"type": "string"}})
    states = {"enum": ["START", "LOADING", "AVAILABLE", "UNLOADING", "END"]}
    row = _object({"version": {"type": "string"}, "state": states, "status": status})
    return _object({"model_version_status": _list(row)})


def _metadata() -> dict[str, Any]:
    text = {"type": "string"}
    spec = _object({"name": text, "signature_name": text, "version": text})
    return _object({"model_spec": spec, "metadata": _object({"signature_def": {"type": "object"}})})


def _predict_body() -> dict[str, Any]:
    instances = {"type": "array", "minItems": 1}
    named = {"signature_name": SIGNATURE}
    rows = _object({"instances": instances, **named}, "signature_name")
    return {"oneOf": [rows, _object({"inputs": {}, **named}, "signature_name")]}


def _predictions() -> dict[str, Any]:
    return {"oneOf": [_object({"predictions": {"type": "array"}}), _object({"outputs": {}})]}


def _examples_body() -> dict[str, Any]:
    rows = {"type": "array", "minItems": 1, "items": {"type": "object"}}
    properties = {"examples": rows, "context": {"type": "object"}, "signature_name": SIGNATURE}
    return _object(properties, "context", "signature_name")


VERBS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "predict": (_predict_body(), _predictions()),
    "classify": (_examples_body(), _object({"results": _list({"type": "array"})})),
    "regress": (_examples_body(), _object({"results": _list({"type": "number"})})),
}
