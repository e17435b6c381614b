"""Questions: a lower room asks by name, rooms above register their answers; neither imports the other upward."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

Answerer = TypeVar("Answerer", bound=Callable[..., Awaitable[Any]])


class Question(Generic[Answerer]):
    """A named question. `await question(...)` asks every registered answerer in the order they came; it returns the
    answers that are not None. An answerer that objects raises an ApiError."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._answerers: list[Answerer] = []

    def answer(self, answerer: Answerer) -> Answerer:
        """Register an answer (a decorator)."""
        self._answerers.append(answerer)
        return answerer

    async def __call__(self, *arguments: Any, **named: Any) -> list[Any]:
        answers = [await answerer(*arguments, **named) for answerer in self._answerers]
        return [answer for answer in answers if answer is not None]
