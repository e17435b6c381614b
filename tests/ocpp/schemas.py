"""The JSON schemas of OCPP 1.6 as an independent library ships them."""

import json
from functools import cache
from pathlib import Path

import jsonschema_rs
import ocpp

FOLDER = Path(ocpp.__file__).parent / "v16" / "schemas"


@cache
def schema(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8-sig"))


def check(name: str, payload: object) -> None:
    """Raise jsonschema_rs.ValidationError; names are "Reset" for a request and "ResetResponse"."""
    jsonschema_rs.validate(schema(name), payload)
