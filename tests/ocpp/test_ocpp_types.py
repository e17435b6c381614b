"""The generated types say what the schemas of the standard say."""

import json

import msgspec
import pytest

from ohmstead.ocpp.v16 import types as v16
from ohmstead.ocpp.v201 import types as v201
from tests.ocpp.schemas import FOLDERS, check, example, schema

ACTIONS = {"v16": v16.ACTIONS, "v201": v201.ACTIONS}
NAMES = sorted(
    (version, path.stem) for version, folder in FOLDERS.items() if version in ACTIONS for path in folder.glob("*.json")
)


def payload_type(version: str, name: str) -> type:
    action = name.removesuffix("Response").removesuffix("Request")
    return ACTIONS[version][action][name.endswith("Response")]


@pytest.mark.parametrize(("version", "name"), NAMES)
@pytest.mark.parametrize("full", [True, False])
def test_what_fits_the_schema_is_read_and_written_back_alike(version: str, name: str, full: bool):
    payload = example(name, full, version)
    check(name, payload, version)
    read = msgspec.json.decode(json.dumps(payload), type=payload_type(version, name))
    assert json.loads(msgspec.json.encode(read)) == payload


@pytest.mark.parametrize(("version", "name"), NAMES)
def test_what_does_not_fit_the_schema_is_not_read(version: str, name: str):
    payload = example(name, True, version)
    for wrong in spoiled(payload, schema(name, version)):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(json.dumps(wrong), type=payload_type(version, name))


def spoiled(payload: dict, shape: dict) -> list[dict]:
    """The payload with something unknown, without each required property, with each text too long or misspelled."""
    wrong = [payload | {"unknown": 1}]
    wrong += [{key: value for key, value in payload.items() if key != missing} for missing in shape.get("required", [])]
    for key, each in shape.get("properties", {}).items():
        if "maxLength" in each or "enum" in each:
            wrong.append(payload | {key: "y" * (each.get("maxLength", 99) + 1)})
    return wrong


@pytest.mark.parametrize(("version", "count"), [("v16", 78), ("v201", 128)])
def test_all_pairs_are_there(version: str, count: int):
    names = [name for one, name in NAMES if one == version]
    assert len(names) == count
    assert {name.removesuffix("Response").removesuffix("Request") for name in names} == set(ACTIONS[version])
