"""Features: what of balances the operator has switched off. Where every tariff has a tax of its own there is none of
it: nobody could say which tax of what is bought later was paid."""

from typing import Literal

from ohmstead.kit.db import Tx
from ohmstead.rooms.operator import settings

OFF = "Feature disabled for the system"


async def is_off(tx: Tx, feature: Literal["vouchers", "top_up_packages"]) -> bool:
    """Whether it is not to be had."""
    return await settings.balances_are_off(tx) or not getattr((await settings.read(tx)).features, feature)
