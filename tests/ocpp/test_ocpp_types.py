"""The generated types say what the schemas of the standard say."""

import json

import msgspec
import pytest

from ohmstead.ocpp.v16.types import ACTIONS
from tests.ocpp.schemas import FOLDER, check, example, schema

NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def payload_type(name: str) -> type:
    action = name.removesuffix("Response")
    return ACTIONS[action][name.endswith("Response")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("full", [True, False])
def test_what_fits_the_schema_is_read_and_written_back_alike(name: str, full: bool):
    payload = example(name, full)
    check(name, payload)
    read = msgspec.json.decode(json.dumps(payload), type=payload_type(name))
    assert json.loads(msgspec.json.encode(read)) == payload


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_fit_the_schema_is_not_read(name: str):
    payload = example(name, full=True)
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
