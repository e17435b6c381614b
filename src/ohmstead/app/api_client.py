"""The API as a program of the operator's uses it: for the demo, and for commands that look at a running server."""

from typing import Any

import aiohttp

URL = "http://127.0.0.1:8000"
"""Where a server is that was told nothing else."""
WITHIN = aiohttp.ClientTimeout(total=15)


class ApiFault(RuntimeError):
    """The API refused, with a status, or could not be reached; the text says what."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


class ApiClient:
    """Speaks to the API at the address of a server (http://127.0.0.1:8000) with a token."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url.rstrip("/").removesuffix("/public-api") + "/public-api", token
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}, timeout=WITHIN)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._session.close()

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request; ApiFault with the API's own words where it is refused."""
        try:
            async with self._session.request(method, self.url + path, json=body) as answer:
                text = await answer.text()
                if answer.status >= 400:
                    raise ApiFault(f"{method} {path}: {answer.status} {text}", answer.status)
                return await answer.json() if text else None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiFault(f"{method} {self.url}{path}: {error or 'no answer'}") from error

    async def get(self, path: str) -> Any:
        """The `data` of an answer."""
        return (await self.call("GET", path))["data"]

    async def make(self, path: str, body: dict[str, Any]) -> Any:
        """Create a row; its `data`."""
        return (await self.call("POST", path, body))["data"]
