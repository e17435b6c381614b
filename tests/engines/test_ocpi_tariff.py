"""What a session costs by a tariff of a roaming peer. Figures by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.ocpi_tariff import OcpiCost, OcpiTariff, Unpriced, ocpi_cost
from ohmstead.engines.pricing.model import Stretch

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 5, 4, 10, tzinfo=UTC)  # in Berlin; a Monday


def tariff(*elements: Any, **members: Any) -> OcpiTariff:
    """An element is its components, or (restrictions, component, ...)."""
    whole = [_element(one if isinstance(one, tuple) else ({}, one)) for one in elements]
    return msgspec.json.decode(msgspec.json.encode({"elements": whole, **members}), type=OcpiTariff)


def _element(parts: tuple[Any, ...]) -> dict[str, Any]:
    return {"price_components": list(parts[1:]), **({"restrictions": parts[0]} if parts[0] else {})}


def component(kind: str, price: float, step: int = 1, vat: float | None = None) -> dict[str, Any]:
    return {"type": kind, "price": price, "step_size": step, **({} if vat is None else {"vat": vat})}


def session(start: datetime, *parts: tuple[float, float, bool] | tuple[float, float]) -> list[Stretch]:
    """Parts are minutes, kWh, and whether it is parked."""
    found = list[Stretch]()
    for minutes, kwh, *parked in parts:
        end = start + timedelta(minutes=minutes)
        found.append(Stretch(start, end, round(kwh * 1000), bool(parked and parked[0])))
        start = end
    return found


def cost(of: OcpiTariff, stretches: list[Stretch], digits: int = 2) -> OcpiCost:
    return ocpi_cost(of, stretches, BERLIN, digits)


def excl(of: OcpiTariff, *parts: Any, start: datetime = NOON) -> str:
    return str(cost(of, session(start, *parts)).excl_vat)


EVENING = datetime(2026, 5, 4, 15, tzinfo=UTC)  # 17:00 in Berlin
BY_THE_CLOCK = tariff(
    ({"start_time": "00:00", "end_time": "18:00"}, component("ENERGY", 0.4, 5000, 19)),
    component("ENERGY", 0.6, 2000, 19),
)
TIMES = (component("TIME", 1.8, 300), component("PARKING_TIME", 3, 600))
TIMED = tariff(({}, *TIMES))


def test_energy_is_rounded_once_by_the_step_of_its_last_part() -> None:
    """11.7 kWh become 12.0, and the last part has the 0.3: 7.3 x 0.40 + 4.7 x 0.60 = 2.92 + 2.82; x 1.19 = 6.8306."""
    found = cost(BY_THE_CLOCK, session(EVENING, (60, 7.3), (60, 4.4)))
    assert (found.excl_vat, found.incl_vat) == (Decimal("5.74"), Decimal("6.83"))
    assert [str(one.price) for one in found.lines] == ["0.4", "0.6"]
    assert [one.volume for one in found.lines] == [Decimal("7.3"), Decimal("4.7")]


def test_time_that_parking_follows_is_not_rounded() -> None:
    """37 minutes x 1.80 = 1.11; 12 minutes become 20 x 3.00 = 1.00."""
    assert excl(TIMED, (37, 9), (12, 0, True)) == "2.11"


def test_time_that_comes_last_is_rounded() -> None:
    """12 minutes parked, 0.60; 20 + 17 of charging become 40, 1.20."""
    assert excl(TIMED, (20, 5), (12, 0, True), (17, 4)) == "1.80"


def test_parking_that_costs_nothing_leaves_time_the_last() -> None:
    """37 become 40 minutes."""
    assert excl(tariff(TIMES[0]), (37, 9), (12, 0, True)) == "1.20"


def test_all_parking_is_rounded_together() -> None:
    """5 + 6 minutes become 20; 30 of charging stay."""
    assert excl(TIMED, (20, 5), (5, 0, True), (10, 2), (6, 0, True)) == "1.90"


def test_energy_of_a_part_without_any_does_not_choose_the_step() -> None:
    """7.3 become 10 by the step of 5; nothing flowed after six."""
    assert excl(BY_THE_CLOCK, (60, 7.3), (60, 0), start=EVENING) == "4.00"


def test_a_whole_number_of_steps_stays() -> None:
    assert excl(BY_THE_CLOCK, (60, 8), (60, 4), start=EVENING) == "5.60"


def test_nothing_is_not_rounded_up() -> None:
    assert excl(BY_THE_CLOCK, (60, 0)) == "0.00"
    assert excl(TIMED, (0, 0)) == "0.00"


def test_each_kind_has_its_first_element_that_holds() -> None:
    """Above 10 kWh energy is 0.50, while time stays with the element below."""
    levels = tariff(({"min_kwh": 10}, component("ENERGY", 0.5)), component("TIME", 6), component("ENERGY", 0.3))
    assert excl(levels, (60, 16)) == "12.00"  # 6.00 + 3.00 + 3.00
    volumes = {(one.type, str(one.price)): one.volume for one in cost(levels, session(NOON, (60, 16))).lines}
    assert volumes == {("ENERGY", "0.3"): 10, ("ENERGY", "0.5"): 6, ("TIME", "6"): 1}


def test_a_flat_fee_is_due_once() -> None:
    flat = tariff(component("FLAT", 1.5), component("FLAT", 9), component("ENERGY", 0.4))
    assert excl(flat, (30, 5), (30, 0, True), (30, 5)) == "5.50"


def test_a_flat_fee_may_come_late() -> None:
    """After two hours."""
    late = tariff(({"min_duration": 7200}, component("FLAT", 5)), component("ENERGY", 0.4))
    assert excl(late, (120, 5)) == "2.00"
    assert excl(late, (121, 5)) == "7.00"


@pytest.mark.parametrize(
    ("restrictions", "paid"),
    [
        ({"start_time": "12:30", "end_time": "13:30"}, "10.00"),
        ({"start_time": "23:00", "end_time": "12:30"}, "5.00"),  # past midnight
        ({"end_time": "12:15"}, "2.50"),
        ({"start_date": "2026-05-04", "end_date": "2026-05-05"}, "20.00"),
        ({"start_date": "2026-05-05"}, "0.00"),
        ({"end_date": "2026-05-04"}, "0.00"),
        ({"day_of_week": ["MONDAY", "FRIDAY"]}, "20.00"),
        ({"day_of_week": ["SUNDAY"]}, "0.00"),
        ({"max_kwh": 3}, "3.00"),
        ({"min_kwh": 3, "max_kwh": 4.5}, "1.50"),
        ({"min_duration": 3600}, "10.00"),
        ({"max_duration": 600}, "1.67"),
        ({"min_power": 10}, "20.00"),
        ({"min_power": 10.001}, "0.00"),
        ({"max_power": 10}, "0.00"),
        ({"max_power": 11}, "20.00"),
        ({"reservation": "RESERVATION"}, "0.00"),
    ],
)
def test_restrictions(restrictions: dict[str, Any], paid: str) -> None:
    """Of two hours from noon on a Monday at 10 kW; a kWh costs 1.00 where they hold."""
    assert excl(tariff((restrictions, component("ENERGY", 1))), (120, 20)) == paid


def test_the_clock_is_that_of_the_place() -> None:
    """02:00 to 03:00 lasts two hours in the night of 25."""
    night = tariff(({"start_time": "02:00", "end_time": "03:00"}, component("TIME", 6)))
    assert excl(night, (240, 4), start=datetime(2026, 10, 24, 23, tzinfo=UTC)) == "12.00"
    assert excl(night, (120, 4), start=datetime(2026, 3, 29, 0, tzinfo=UTC)) == "0.00"


def test_each_component_has_its_vat() -> None:
    """10 x 0.40 at 19 % and a fee of 2.00 at 7 %: 4.76 + 2.14."""
    mixed = tariff(component("ENERGY", 0.4, vat=19), component("FLAT", 2, vat=7))
    found = cost(mixed, session(NOON, (60, 10)))
    assert (found.excl_vat, found.incl_vat) == (Decimal("6.00"), Decimal("6.90"))


def test_the_least_and_the_most() -> None:
    bounds = {"min_price": {"excl_vat": 2, "incl_vat": 2.38}, "max_price": {"excl_vat": 10}}
    bounded = tariff(component("ENERGY", 0.4, vat=19), **bounds)
    sums = [cost(bounded, session(NOON, (60, kwh))) for kwh in (1, 10, 50)]
    assert [str(one.excl_vat) for one in sums] == ["2.00", "4.00", "10.00"]
    assert [str(one.incl_vat) for one in sums] == ["2.38", "4.76", "11.90"]


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (tariff(({"min_current": 16}, component("ENERGY", 1))), "current"),
        (tariff(component("ENERGY", 1), tax_included="YES"), "tax"),
        (tariff(component("ENERGY", 1, vat=19), component("FLAT", 1, vat=7), max_price={"excl_vat": 1}), "VAT"),
    ],
)
def test_what_cannot_be_priced_is_refused(refused: OcpiTariff, why: str) -> None:
    with pytest.raises(Unpriced, match=why):
        cost(refused, session(NOON, (60, 10)))


def test_money_without_cents() -> None:
    assert str(cost(tariff(component("ENERGY", 33.3)), session(NOON, (60, 1.5)), digits=0).excl_vat) == "50"


@given(at=st.integers(0, 119))
def test_a_reading_more_changes_nothing(at: int) -> None:
    """Where it parts no Wh."""
    whole, parted = session(EVENING, (120, 12)), session(EVENING, (at, at / 10), (120 - at, 12 - at / 10))
    of = tariff(
        ({"max_kwh": 3.05}, component("ENERGY", 0.2)),
        ({"end_time": "18:00"}, component("ENERGY", 0.4, 5000), component("TIME", 1)),
        ({}, component("ENERGY", 0.6, 2000), *TIMES),
    )
    assert cost(of, parted) == cost(of, whole)
