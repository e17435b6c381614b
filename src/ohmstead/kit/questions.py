"""Questions: a lower room asks by name, rooms above register their answers; neither imports the other upward."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
A = TypeVar("A")
K = TypeVar("K")
V = TypeVar("V")


class Question(Generic[P, A]):
    """A named question, `Question[[Tx, list[int]], Mapping[int, str]]`: what it is asked with, and what an answer is.

    `await question(...)` asks every registered answerer in the order they came; it returns the answers that are not
    None. An answerer that objects raises an ApiError."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._answerers: list[Callable[P, Awaitable[A | None]]] = []

    def answer(self, answerer: Callable[P, Awaitable[A | None]]) -> Callable[P, Awaitable[A | None]]:
        """Register an answer (a decorator)."""
        self._answerers.append(answerer)
        return answerer

    async def __call__(self, *arguments: P.args, **named: P.kwargs) -> list[A]:
        answers = [await answerer(*arguments, **named) for answerer in self._answerers]
        return [answer for answer in answers if answer is not None]

    async def merged(self: "Question[P, Mapping[K, V]]", *arguments: P.args, **named: P.kwargs) -> dict[K, V]:
        """All answers as one mapping; of a key that several know, what the last says."""
        return {key: value for answer in await self(*arguments, **named) for key, value in answer.items()}
