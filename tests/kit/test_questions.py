"""Questions: what rooms above know, asked from below."""

from collections.abc import Mapping

import pytest

from ohmstead.kit.questions import Question

names: Question[[list[int]], Mapping[int, str]] = Question("what these are called")


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_answerers", [])


async def first(ids: list[int]) -> dict[int, str]:
    return {key: f"the {key}th" for key in ids}


async def second(ids: list[int]) -> dict[int, str] | None:
    return {ids[-1]: "the last"} if len(ids) > 1 else None


async def test_answers_come_in_their_order_and_none_is_no_answer() -> None:
    assert await names([1, 2]) == []
    names.answer(first)
    names.answer(second)
    assert await names([1, 2]) == [{1: "the 1th", 2: "the 2th"}, {2: "the last"}]
    assert await names([1]) == [{1: "the 1th"}]


async def test_they_are_merged_and_the_last_word_counts() -> None:
    assert await names.merged([1, 2]) == {}
    names.answer(first)
    names.answer(second)
    assert await names.merged([1, 2]) == {1: "the 1th", 2: "the last"}
    assert await names.merged([1]) == {1: "the 1th"}
