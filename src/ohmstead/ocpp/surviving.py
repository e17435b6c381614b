"""Surviving: tasks that serve many things one after the other, and must not end with one of them."""

import asyncio


def survivable(error: BaseException) -> bool:
    """Whether the task that meets this goes on with the next thing. A cancellation is the task's own end only where
    somebody cancelled the task; of something it waited for it is a failure like any other."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and not task.cancelling()
    return isinstance(error, Exception)
