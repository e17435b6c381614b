"""The JSON schemas of OCPP as an independent library ships them; of 1.6 where no version is named."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import ocpp

FOLDERS = {version: Path(ocpp.__file__).parent / version / "schemas" for version in ("v16", "v201", "v21")}


@cache
def schema(name: str, version: str = "v16") -> dict:
    return json.loads((FOLDERS[version] / f"{name}.json").read_text("utf-8-sig"))


def check(name: str, payload: object, version: str = "v16") -> None:
    """Raise jsonschema_rs.ValidationError; names are "Reset" (2.0.1: "ResetRequest") for a request, "ResetResponse"."""
    jsonschema_rs.validate(schema(name, version), payload)


def example(name: str, full: bool, version: str = "v16") -> dict:
    """A payload that fits its schema: with every property or only with those required."""
    return _fitting(schema(name, version), schema(name, version), full)


def _fitting(shape: dict, root: dict, full: bool) -> Any:
    if "$ref" in shape:
        return _fitting(root["definitions"][shape["$ref"].rsplit("/", 1)[-1]], root, full)
    match shape:
        case {"enum": [*_, last]}:
            return last
        case {"javaType": "CustomData"}:
            return {"vendorId": "x", "more": 1}
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
    return {"integer": 3, "number": 1.5, "boolean": True}[shape["type"]] if "type" in shape else "anything"
