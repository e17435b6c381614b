"""What commands share that speak to a running server: how they are told where it is, and how they speak to it."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from cyclopts import Parameter

from ohmstead.app.api_client import ApiClient, ApiFault

Url = Annotated[str, Parameter(env_var="OHMSTEAD_API_URL")]
Token = Annotated[str, Parameter(env_var="OHMSTEAD_TOKEN")]
WIDTH = 140  # characters, where no terminal says


async def with_api(url: str, token: str, use: Callable[[ApiClient], Awaitable[None]]) -> None:
    """Use the API of a server; what it refuses ends the command with its words."""
    api = ApiClient(url, token)
    try:
        await use(api)
    except ApiFault as fault:
        raise SystemExit(f"ohmstead: {fault}") from None
    finally:
        await api.close()
