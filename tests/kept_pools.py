"""Database connections that outlive the systems of tests. A new one is a new process of the server, which first reads
what it has to know of each table: a system that opens sixteen takes longer for that than most tests for all else."""

import asyncio
from typing import Any

import asyncpg


class KeptPools:
    """In the place of `asyncpg.create_pool`: who opens a pool of the database at `dsn` gets one that was closed before,
    of the same options, or else a new one. Of other databases nothing is kept."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._make = asyncpg.create_pool
        self._free: list[tuple[Any, Any]] = []

    async def open(self, dsn: str, **options: Any) -> Any:
        """A pool that nobody else uses."""
        if dsn != self._dsn:
            return await self._make(dsn, **options)
        wanted = (asyncio.get_running_loop(), options)
        for number, (made, pool) in enumerate(self._free):
            if made == wanted:
                del self._free[number]
                return KeptPool(self, made, pool)
        return KeptPool(self, wanted, await self._make(dsn, **options))

    def keep(self, made: Any, pool: Any) -> None:
        """Nobody uses it any more."""
        self._free.append((made, pool))

    async def close(self) -> None:
        for _, pool in self._free:
            await pool.close()


class KeptPool:
    """What our code asks of a pool. Once closed it gives out nothing, as a real one."""

    def __init__(self, pools: KeptPools, made: Any, pool: Any) -> None:
        self._pools, self._made, self._pool = pools, made, pool
        self._closed = False

    def acquire(self) -> Any:
        self._refuse_if_closed()
        return self._pool.acquire()

    async def execute(self, sql: str) -> str:
        self._refuse_if_closed()
        return await self._pool.execute(sql)

    async def close(self) -> None:
        """Once those in use came back."""
        self._closed = True
        await asyncio.gather(*(holder.wait_until_released() for holder in self._pool._holders))
        self._pools.keep(self._made, self._pool)

    def terminate(self) -> None:
        self._closed = True
        self._pool.terminate()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise asyncpg.InterfaceError("pool is closed")
