"""Statements: compiled once, then no more than their text; kept in a cache that is bounded."""

import gc
import weakref

import pytest
from sqlalchemy import bindparam, column, select, table

from ohmstead.kit.db import Statement, Statements

_rows = table("rows", column("id"), column("name"))


def query(number: int = 0):
    return select(_rows.c.id).where(_rows.c.name == bindparam("name"), _rows.c.id > number)


def test_what_a_statement_was_compiled_of_is_let_go() -> None:
    clause = query(7)
    told, statement = weakref.ref(clause), Statement(clause)
    del clause
    assert statement.arguments({"name": "a"}) == ["a", 7]
    assert statement.text.startswith("SELECT rows.id")
    gc.collect()
    assert told() is None


def test_the_least_recently_used_statement_goes_first() -> None:
    cache, made = Statements(most=3), []

    def get(shape: int) -> None:
        cache.get(shape, lambda: made.append(shape) or query(shape))

    for shape in (1, 2, 3, 1, 4, 1, 2):
        get(shape)
    assert made == [1, 2, 3, 4, 2]
    assert len(cache) == 3


@pytest.mark.parametrize("most", [1, 256])
def test_a_cache_never_grows_beyond_its_bound(most: int) -> None:
    cache = Statements(most)
    for shape in range(600):
        cache.get(shape, query)
    assert len(cache) == most
