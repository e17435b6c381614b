"""The JSON schemas of OCPP 1.6 as an independent library ships them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import ocpp

FOLDER = Path(ocpp.__file__).parent / "v16" / "schemas"


@cache
def schema(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8-sig"))


def check(name: str, payload: object) -> None:
    """Raise jsonschema_rs.ValidationError; names are "Reset" for a request and "ResetResponse"."""
    jsonschema_rs.validate(schema(name), payload)


def example(name: str, full: bool) -> dict:
    """A payload that fits its schema: with every property or only with those required."""
    return _fitting(schema(name), schema(name), full)


def _fitting(shape: dict, root: dict, full: bool) -> Any:
    if "$ref" in shape:
        return _fitting(root["definitions"][shape["$ref"].rsplit("/", 1)[-1]], root, full)
    match shape:
        case {"enum": [*_, last]}:
            return last
        case {"type": "object"}:
            wanted = shape.get("properties", {}) if full else shape.get("required", [])
            return {key: _fitting(shape["properties"][key], root, full) for key in wanted}
        case {"type": "array"}:
            return [_fitting(shape["items"], root, full)]
        case {"type": "string", "format": "date-time"}:
            return "2026-03-01T12:00:00Z"
        case {"format": "uri"}:
            return "ftp://example.com/log"
        case {"type": "string"}:
            return "x" * shape.get("maxLength", 3)
    return {"integer": 3, "number": 1.5, "boolean": True}[shape["type"]]
