"""What a tariff type is: the fields that it uses, and a function that makes fees of them."""

from collections.abc import Callable
from typing import NamedTuple

from ohmstead.engines.pricing.fees import Fees, within
from ohmstead.engines.pricing.fields import Pricing

CONNECTION = "connection_fee"
MINIMA = "min_price pre_authorize_amount connection_fee_minimum_session_duration connection_fee_minimum_session_energy"
DURATION = "price_period_in_minutes duration_fee_grace_period duration_fee_limit duration_fee_from duration_fee_to"
IDLE = (
    "idle_pricing_period_in_minutes idle_fee_grace_period_minutes idle_fee_limit idle_fee_period_start "
    "idle_fee_period_end state_of_charge_idle_threshold average_power_idle_threshold"
)
RATE = "charge_point_electricity_rate fallback_electricity_rate_id"


class Tariff(NamedTuple):
    """What a type makes fees of: the prices, and the minutes of the day at which day and night begin."""

    pricing: Pricing
    day: int = 0
    night: int = 0

    def shows_day(self, minute: int) -> bool:
        return within(minute, self.day, self.night)


Function = Callable[[Tariff], Fees]


class Kind(NamedTuple):
    """`uses` and `needs` are attributes of `Pricing`. A `day_and_night` type needs both of the tariff's starts, one
    that `draws_on_rate` an electricity rate."""

    uses: frozenset[str]
    needs: tuple[str, ...]
    day_and_night: bool
    draws_on_rate: bool
    fees: Function


TYPES: dict[str, Kind] = {}


def kind(
    name: str, *uses: str, needs: str = "", day_and_night: bool = False, draws_on_rate: bool = False
) -> Callable[[Function], Function]:
    """The decorated function is that of the type of the name. Fields are separated by spaces."""

    def added(fees: Function) -> Function:
        fields = frozenset(" ".join((needs, "tax_id", *uses)).split())
        TYPES[name] = Kind(fields, tuple(needs.split()), day_and_night, draws_on_rate, fees)
        return fees

    return added
