"""The fast way to read a message of meter values reads what the slow one does, or leaves it alone."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.ocpp.units import AS_LABELLED, _meant, units_of
from ohmstead.ocpp.v16 import samples as v16
from ohmstead.ocpp.v16.types import Context, Location, Measurand, MeterValue, Phase, Unit
from ohmstead.ocpp.v16.types import SampledValue as V16Sample
from ohmstead.ocpp.v201 import samples as v201
from ohmstead.ocpp.v201.types import MeasurandEnumType, MeterValueType, SampledValueType, UnitOfMeasureType
from ohmstead.rooms.charging.readings import Reading, first_register, last_register, readings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
USUAL = ("Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage", "SoC", "Frequency")


def maybe(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(st.just({}), values.map(lambda value: {name: value}))


def words(name: str, *first: Any) -> st.SearchStrategy[dict[str, Any]]:
    return maybe(name, st.sampled_from(first))


def merged(parts: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {key: value for part in parts for key, value in part.items()}


moments = st.sampled_from([NOW, NOW - timedelta(minutes=1), NOW - timedelta(days=400)]).map(datetime.isoformat)
common = (
    words("phase", *get_args(Phase)),
    words("location", *get_args(Location)),
    st.one_of(st.just({}), words("context", *get_args(Context))),
)
texts = st.sampled_from(["0", "12.5", " 7", "-3e2", "1e999", "NaN", "OCMF|{}", "1_000"])
sampled_v16 = st.tuples(
    texts.map(lambda value: {"value": value}),
    words("measurand", *USUAL, *get_args(Measurand)),
    words("unit", "Wh", "W", "A", "V", "Percent", *get_args(Unit)),
    words("format", "Raw", "Raw", "SignedData"),
    *common,
).map(merged)
signed = {"signedMeterData": "abc", "signingMethod": "", "encodingMethod": "", "publicKey": ""}
sampled_v201 = st.tuples(
    st.sampled_from([0, 12.5, -300, 1e300]).map(lambda value: {"value": value}),
    words("measurand", *USUAL, *get_args(MeasurandEnumType)),
    maybe(
        "unitOfMeasure",
        st.tuples(words("unit", "Wh", "kWh", "W", "A", "Lumen"), words("multiplier", 0, 3, 400)).map(merged),
    ),
    st.one_of(st.just({}), words("signedMeterValue", signed)),
    st.one_of(st.just({}), words("customData", {"vendorId": "a"})),
    *common,
).map(merged)


def told(sampled: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    value = st.fixed_dictionaries({"timestamp": moments, "sampledValue": st.lists(sampled, min_size=1, max_size=6)})
    return st.lists(value, min_size=1, max_size=2)


def read_both_ways(wire: Any, kind: Any, values: list[Any], units: Any) -> list[Reading | None]:
    """What the fast way makes of each moment, held against the slow one."""
    moments = [msgspec.convert(value, kind) for value in values]
    found = [wire.at_once(moment, NOW, units) for moment in moments]
    for moment, fast in zip(moments, found, strict=True):
        assert fast is None or (fast,) == readings(wire.samples([moment], units), NOW)
    assert wire.read(moments, NOW, units) == (readings(wire.samples(moments, units), NOW), wire.signed(moments))
    return found


@settings(max_examples=400, deadline=None)
@given(told(sampled_v16), st.sampled_from([AS_LABELLED, units_of(1000, 1, 1)]))
def test_values_of_1_6(values: list[Any], units: Any) -> None:
    read_both_ways(v16, MeterValue, values, units)


@settings(max_examples=400, deadline=None)
@given(told(sampled_v201), st.sampled_from([AS_LABELLED, units_of(1000, 1, 1)]))
def test_values_of_2_0_1(values: list[Any], units: Any) -> None:
    read_both_ways(v201, MeterValueType, values, units)


@pytest.mark.parametrize(("wire", "kind", "number"), [(v16, MeterValue, "{}"), (v201, MeterValueType, None)])
def test_a_whole_picture_is_read_fast(wire: Any, kind: Any, number: str | None) -> None:
    lines = [("Current.Import", "L1"), ("Current.Import", "L2"), ("Voltage", "L1-N"), ("Frequency", None)]
    sampled = [
        {"value": number.format(n) if number else n, "measurand": measurand, "context": "Sample.Periodic"}
        | ({"phase": phase} if phase else {})
        for n, (measurand, phase) in enumerate([("Energy.Active.Import.Register", None), *lines])
    ]
    (read,) = read_both_ways(wire, kind, [{"timestamp": NOW.isoformat(), "sampledValue": sampled}], AS_LABELLED)
    assert read is not None
    assert (read.energy_wh, read.current_l2, read.voltage_l1, read.context) == (0, 2, 3, None)
    assert read.others == (("Frequency", 4, "Hertz", None, None, "Sample.Periodic", None),)


WHOLE = "Energy.Active.Import.Register", "Power.Active.Import"


@pytest.mark.parametrize(("wire", "kind", "number"), [(v16, MeterValue, "{}"), (v201, MeterValueType, None)])
@pytest.mark.parametrize(
    ("told", "whole"),
    [
        ({"L1": 0.1, "L2": 0.2, "L3": 0.4}, 0.7), ({"L1-N": 3, "L2-N": 4}, 7), ({"L1": 5}, 5), ({"N": 5}, 5),
        ({"L1-L2": 2, "L2-L3": 3, "L3-L1": 4}, 9), ({"L3": 5, "N": 5, "L3-L1": 5}, 5), ({"L1": 5, "L1-N": 4}, 5),
        ({"N": 1, None: 6, "L1": 2}, 6),
    ],
)  # fmt: skip
def test_what_is_told_by_phase_is_the_sum_of_its_phases(
    wire: Any, kind: Any, number: str | None, told: dict[str | None, float], whole: float
) -> None:
    """Read fast too; each sample is kept as it was told, but for the total."""
    sampled = [
        {"value": number.format(value) if number else value, "measurand": measurand}
        | ({"phase": phase} if phase else {})
        for measurand in WHOLE
        for phase, value in told.items()
    ]
    (read,) = read_both_ways(wire, kind, [{"timestamp": NOW.isoformat(), "sampledValue": sampled}], AS_LABELLED)
    assert read is not None
    assert (read.energy_wh, read.power_w, read.watts()) == (whole, whole, whole)
    assert [(one[0], one[3], one[1]) for one in read.others or ()] == [
        (measurand, phase, value) for measurand in WHOLE for phase, value in told.items() if phase
    ]


@pytest.mark.parametrize(
    ("samples", "currents"),
    [
        ([("Current.Import", "L2-N", 16)], {"L2": 16}),
        ([("Current.Import", "N", 16)], {"L1": 16}),
        ([("Current.Import", "L1-L2", 16)], {"L1": 16, "L2": 16}),
        ([("Current.Import", "L1-L2", 16), ("Current.Import", "L3-L1", 10)], {"L1": 16, "L2": 16, "L3": 10}),
        ([("Current.Import", "L1", 16), ("Current.Import", "N", 3)], {"L1": 16}),
        ([("Power.Active.Import", "L1-N", 2300), ("Power.Active.Import", "L3-N", 1150)], {"L1": 10, "L3": 5}),
        ([("Power.Active.Import", "L1", 2400), ("Voltage", "L1", 240)], {"L1": 10}),
        ([("Power.Active.Import", "L1", 2300), ("Current.Import", "L1", 9)], {"L1": 9}),
        ([("Power.Active.Import", "N", 2300)], {}),
    ],
)
def test_currents_are_found_however_they_are_told(
    samples: list[tuple[str, str, float]], currents: dict[str, float]
) -> None:
    sampled = [{"value": value, "measurand": measurand, "phase": phase} for measurand, phase, value in samples]
    (read,) = read_both_ways(
        v201, MeterValueType, [{"timestamp": NOW.isoformat(), "sampledValue": sampled}], AS_LABELLED
    )
    assert read is not None
    assert read.currents() == currents


def test_the_end_of_a_transaction_is_what_is_called_so() -> None:
    """A reading of the beginning is no end, and one that is called the end goes before a later one."""

    def at(minute: float, wh: float, context: str | None) -> Reading:
        return Reading(NOW + timedelta(minutes=minute), context, wh)

    begin, end = at(0, 1000, "Transaction.Begin"), at(9, 3000, "Transaction.End")
    assert last_register([begin]) is None
    assert last_register([begin, end, at(10, 3500, None)]) == 3000
    assert last_register([begin, at(10, 3500, None), at(5, 2000, None)]) == 3500
    assert first_register([at(5, 2000, None), begin, end]) == 1000


LONG = "x" * 500


@pytest.mark.parametrize(
    ("wire", "kind", "sampled"),
    [
        (v16, MeterValue, [{"value": "1"}] * 65),
        (v201, MeterValueType, [{"value": 1}] * 65),
        (v201, MeterValueType, [{"value": 1, "signedMeterValue": signed}]),
        (v201, MeterValueType, [{"value": 1, "customData": {"vendorId": "a"}}]),
    ],
)
def test_what_will_not_come_again_is_not_remembered(wire: Any, kind: Any, sampled: list[Any]) -> None:
    before = wire._layout.cache_info().currsize
    values = [{"timestamp": NOW.isoformat(), "sampledValue": sampled}]
    assert read_both_ways(wire, kind, values, AS_LABELLED) == [None]
    assert wire._layout.cache_info().currsize == before


def test_long_words_are_not_remembered() -> None:
    lenient = [
        (v16, MeterValue(timestamp=NOW, sampled_value=[V16Sample(value="1", unit=LONG)])),  # type: ignore[arg-type]
        (
            v201,
            MeterValueType(
                timestamp=NOW, sampled_value=[SampledValueType(value=1.0, unit_of_measure=UnitOfMeasureType(unit=LONG))]
            ),
        ),
    ]
    for wire, told in lenient:
        sizes = wire._layout.cache_info().currsize, _meant.cache_info().currsize
        assert wire.at_once(told, NOW, AS_LABELLED) is None
        assert wire.read([told], NOW)[0][0].others[0][2] == LONG
        assert (wire._layout.cache_info().currsize, _meant.cache_info().currsize) == sizes
