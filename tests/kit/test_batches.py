"""Batches: written together, answered each for its own, and nobody hurt by a neighbour."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from ohmstead.kit.batches import BATCH, Batcher
from ohmstead.kit.db import DatabaseUnavailable


class Writer:
    """Remembers its batches; what is negative cannot be written. It lasts until `go` is set, and fails as `refuses`;
    `stuck` fails in company, and alone lasts as long."""

    def __init__(self, refuses: Exception | None = None, stuck: int | None = None) -> None:
        self.batches: list[list[int]] = []
        self.refuses, self.stuck = refuses, stuck
        self.go, self.begun = asyncio.Event(), asyncio.Event()
        if stuck is None:
            self.go.set()

    async def __call__(self, items: list[int]) -> Sequence[int]:
        self.batches.append(items)
        self.begun.set()
        if self.stuck is None or items == [self.stuck]:
            await self.go.wait()
        if self.stuck in items and len(items) > 1:
            raise TimeoutError
        if self.refuses is not None:
            raise self.refuses
        if min(items) < 0:
            raise ValueError(f"{min(items)} is below nothing")
        return [10 * item for item in items]


def of(write: Writer, key: Callable[[int], int] | None = None) -> Batcher[int, int]:
    return Batcher(write, 0.001, key)


async def test_what_comes_together_is_written_together_and_each_gets_its_own_answer() -> None:
    write = Writer()
    batcher = of(write)
    assert await asyncio.gather(*map(batcher.put, range(5))) == [0, 10, 20, 30, 40]
    assert write.batches == [[0, 1, 2, 3, 4]]


async def test_what_comes_while_one_is_written_waits_for_the_next() -> None:
    write = Writer()
    write.go.clear()
    batcher = of(write)
    first = asyncio.ensure_future(batcher.put(1))
    await write.begun.wait()
    others = [asyncio.ensure_future(batcher.put(number)) for number in range(2, BATCH + 4)]
    await asyncio.sleep(0)
    write.go.set()
    await asyncio.gather(first, *others)
    assert [len(batch) for batch in write.batches] == [1, BATCH, 2]


async def test_a_bad_one_hurts_nobody_else() -> None:
    write = Writer()
    batcher = of(write)
    answers = await asyncio.gather(*map(batcher.put, (1, -1, 2)), return_exceptions=True)
    assert (answers[0], answers[2], repr(answers[1])) == (10, 20, "ValueError('-1 is below nothing')")
    assert write.batches == [[1, -1, 2], [1], [-1], [2]]


async def test_where_there_are_keys_nobody_waits_for_who_is_tried_alone() -> None:
    write = Writer(stuck=7)
    batcher = of(write, key=lambda number: number % 10)
    stuck = asyncio.ensure_future(batcher.put(7))
    assert await asyncio.gather(*map(batcher.put, (1, 2))) == [10, 20]
    later = asyncio.ensure_future(batcher.put(17))
    assert await batcher.put(3) == 30
    assert (stuck.done(), later.done()) == (False, False), "its own next one waits"
    write.go.set()
    assert (await stuck, await later) == (70, 170)
    assert write.batches[-2:] == [[3], [17]]


async def test_of_the_same_key_one_goes_after_the_other() -> None:
    write = Writer()
    batcher = of(write, key=lambda number: number % 10)
    await asyncio.gather(*map(batcher.put, (1, 11, 2, 21, 12)))
    assert write.batches == [[1, 2], [11, 12], [21]]


async def test_while_the_database_is_away_nobody_is_tried_alone() -> None:
    write = Writer(refuses=DatabaseUnavailable("gone"))
    batcher = of(write)
    answers = await asyncio.gather(*map(batcher.put, range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [DatabaseUnavailable, DatabaseUnavailable, DatabaseUnavailable]
    assert len(write.batches) == 1


@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("of_all", [False, True])
async def test_whatever_ends_the_writing_nobody_waits_for_ever(keyed: bool, of_all: bool) -> None:
    """What is answered for too few, what breaks off by itself: the next are written all the same."""
    failures: list[BaseException | None] = [asyncio.CancelledError(), None]

    async def write(items: list[int]) -> Sequence[int]:
        if failures and (failure := failures.pop(0)) is not None:
            raise failure
        return items if of_all else items[:-1]

    batcher: Batcher[int, int] = Batcher(write, 0.001, (lambda number: number) if keyed else None)
    async with asyncio.timeout(5):
        first = await asyncio.gather(*map(batcher.put, (1, 2)), return_exceptions=True)
        assert [type(one) for one in first] == [DatabaseUnavailable, DatabaseUnavailable]
        second = await asyncio.gather(*map(batcher.put, (1, 2)), return_exceptions=True)
        assert second[0] == 1
        assert second[1] == 2 if of_all else isinstance(second[1], RuntimeError)


async def test_who_waits_no_longer_keeps_no_other_from_its_answer() -> None:
    write = Writer()
    write.go.clear()
    batcher = of(write)
    impatient, patient = (asyncio.ensure_future(batcher.put(number)) for number in (1, 2))
    await write.begun.wait()
    impatient.cancel()
    write.go.set()
    assert await patient == 20
    with pytest.raises(asyncio.CancelledError):
        await impatient
