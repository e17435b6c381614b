"""Texts of a format: whatever a pattern of ours takes is of the format that the document says beside it."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import from_regex

from tests.client import DOCUMENT


def _patterned(schema: Any) -> Iterator[tuple[str, str]]:
    """Each format that stands beside a pattern, and the pattern."""
    if isinstance(schema, dict):
        if isinstance(schema.get("format"), str) and "pattern" in schema:
            yield schema["format"], schema["pattern"]
        for part in schema.values():
            yield from _patterned(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _patterned(part)


PATTERNED = sorted(set(_patterned(DOCUMENT)))


def _of(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"type": "string", "format": name}, validate_formats=True)


@pytest.mark.parametrize(("name", "pattern"), PATTERNED, ids=[name for name, _ in PATTERNED])
def test_what_a_pattern_takes_is_of_its_format(name: str, pattern: str) -> None:
    form, wrong = _of(name), set[str]()

    @settings(max_examples=500, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(from_regex(pattern))
    def take(text: str) -> None:
        if len(text) < 200 and not form.is_valid(text):
            wrong.add(text)

    take()
    assert not wrong
