"""What the type checker has to refuse. Each line is wrong in the way that it ignores, and an ignore that nothing needs
is an error (see `scripts/check`): so these types keep catching what they are for."""
# pyright: reportUnnecessaryTypeIgnoreComment=true

from collections.abc import Mapping

from ohmstead.kit.db import Tx
from ohmstead.kit.facts import Fact, RowChanged, on
from ohmstead.kit.questions import Question


class Poured(Fact, topic="test.poured"):
    """A glass was."""

    id: int


class Broken(Fact, topic="test.broken"):
    """A glass was."""

    id: int
    pieces: int


names: Question[[Tx, list[int]], Mapping[int, str]] = Question("what these are called")


def tells_what_is_no_fact(tx: Tx) -> None:
    tx.tell(Poured(id=1))
    tx.tell(Poured(id="1"))  # pyright: ignore[reportArgumentType]
    tx.tell(Poured(number=1))  # pyright: ignore[reportCallIssue]
    tx.tell(RowChanged(id=1, action="melted"))  # pyright: ignore[reportArgumentType]
    tx.tell("glass.poured")  # pyright: ignore[reportArgumentType]
    tx.fact("glass.poured", id=1)  # pyright: ignore[reportAttributeAccessIssue]


def hears_another(tx: Tx) -> None:
    @on(Poured)
    async def rinse(tx: Tx, fact: Poured) -> None:
        print(fact.pieces)  # pyright: ignore[reportAttributeAccessIssue]  # noqa: T201

    @on(Poured)  # pyright: ignore[reportArgumentType]
    async def sweep(tx: Tx, fact: Broken) -> None: ...


async def asks_wrongly(tx: Tx) -> None:
    right: dict[int, str] = await names.merged(tx, [1])
    await names(tx, right)  # pyright: ignore[reportArgumentType]
    await names(tx)  # pyright: ignore[reportCallIssue]
    await names.merged(tx, ["1"])  # pyright: ignore[reportArgumentType]
    wrong: dict[int, int] = await names.merged(tx, [1])  # pyright: ignore[reportAssignmentType]
    print(wrong)  # noqa: T201


@names.answer  # pyright: ignore[reportArgumentType]
async def answers_with_a_list(tx: Tx, ids: list[int]) -> list[str]:
    return [str(key) for key in ids]


@names.answer  # pyright: ignore[reportArgumentType]
async def is_asked_otherwise(tx: Tx, id: int) -> dict[int, str]:
    return {id: str(tx)}
