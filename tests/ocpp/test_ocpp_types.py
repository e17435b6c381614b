"""The generated types say what the schemas of the standard say."""

import json
from typing import Any

import msgspec
import pytest

from ohmstead.ocpp.v16.types import ACTIONS
from tests.ocpp.schemas import FOLDER, check, schema

NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def payload_type(name: str) -> type:
    action = name.removesuffix("Response")
    return ACTIONS[action][name.endswith("Response")]


def example(shape: dict, root: dict, full: bool) -> Any:
    """A payload that fits a schema: with every property or only with those required."""
    if "$ref" in shape:
        return example(root["definitions"][shape["$ref"].rsplit("/", 1)[-1]], root, full)
    match shape:
        case {"enum": [*_, last]}:
            return last
        case {"type": "object"}:
            wanted = shape.get("properties", {}) if full else shape.get("required", [])
            return {key: example(shape["properties"][key], root, full) for key in wanted}
        case {"type": "array"}:
            return [example(shape["items"], root, full)]
        case {"type": "string", "format": "date-time"}:
            return "2026-03-01T12:00:00Z"
        case {"format": "uri"}:
            return "ftp://example.com/log"
        case {"type": "string"}:
            return "x" * shape.get("maxLength", 3)
    return {"integer": 3, "number": 1.5, "boolean": True}[shape["type"]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("full", [True, False])
def test_what_fits_the_schema_is_read_and_written_back_alike(name: str, full: bool):
    payload = example(schema(name), schema(name), full)
    check(name, payload)
    read = msgspec.json.decode(json.dumps(payload), type=payload_type(name))
    assert json.loads(msgspec.json.encode(read)) == payload


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_fit_the_schema_is_not_read(name: str):
    payload = example(schema(name), schema(name), full=True)
    for wrong in spoiled(payload, schema(name)):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(json.dumps(wrong), type=payload_type(name))


def spoiled(payload: dict, shape: dict) -> list[dict]:
    """The payload with something unknown, without each required property, with each text too long or misspelled."""
    wrong = [payload | {"unknown": 1}]
    wrong += [{key: value for key, value in payload.items() if key != missing} for missing in shape.get("required", [])]
    for key, each in shape.get("properties", {}).items():
        if "maxLength" in each or "enum" in each:
            wrong.append(payload | {key: "y" * (each.get("maxLength", 99) + 1)})
    return wrong


def test_all_pairs_are_there():
    assert len(NAMES) == 78
    assert {name.removesuffix("Response") for name in NAMES} == set(ACTIONS)
