"""Days of charging as stations of either version tell them, shuffled, repeated and late: hypothesis strategies."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.rooms.charges import later

MOST_WH_A_MINUTE = 180  # 11 kW are 183
OUTLETS = (3, 2)  # charges on each EVSE of a station, one vehicle after another
CHARGES = sum(OUTLETS)


@dataclass(frozen=True)
class Charge:
    """One vehicle's stay as it really was: minutes of the day, and the register's readings along the way."""

    name: str  # its tag, and its transaction in 2.0.1
    evse: int
    start: float
    end: float
    readings: tuple[int, ...]  # Wh, the first at the start, the last at the end
    offline: bool  # the station began it without us, and knows no number for it in 1.6
    terse: bool  # the station tells what it can leave out only once
    cable: bool  # in 2.0.1 the transaction begins with the cable, and only that carries the first reading

    @property
    def wh(self) -> int:
        """What the vehicle took."""
        return self.readings[-1] - self.readings[0]

    def minute(self, place: int) -> float:
        """When a reading was taken."""
        return self.start + (self.end - self.start) * place / (len(self.readings) - 1)


@dataclass(frozen=True)
class Told:
    """A message about a charge: start, cable (the first event of one that begins so), meter (a reading of its
    transaction), beside (one that names none), or stop."""

    charge: Charge
    what: str
    place: int = 0


@st.composite
def stays(draw: st.DrawFn, evse: int, count: int) -> list[Charge]:
    """So many charges on an outlet, one after the other."""
    charges: list[Charge] = []
    minute, wh = 0.0, draw(st.integers(0, 10**6))
    for number in range(count):
        minute += draw(st.integers(1, 10))
        length = draw(st.integers(2, 40))
        steps = draw(st.lists(st.integers(0, MOST_WH_A_MINUTE * length // 4), min_size=1, max_size=4))
        readings = tuple(wh := wh + step for step in (0, *steps))
        offline, terse, cable = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
        charges.append(Charge(f"{evse}-{number}", evse, minute, minute + length, readings, offline, terse, cable))
        minute += length
    return charges


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Charge], list[Told]]:
    """A station's charges, and all that it tells of them in the order it arrives.

    Each message has a moment of arrival of its own, whenever it was due; one whose answer was lost arrives again. Only
    what carries our number waits for the answer that brought it. Readings may be lost altogether.
    """
    charges = [one for evse, count in enumerate(OUTLETS, 1) for one in draw(stays(evse, count))]
    arriving: list[tuple[int, Told]] = []
    for charge in charges:
        first = draw(st.integers(0, 99))
        after = st.integers(0 if charge.offline else first + 1, 100)
        arriving += [(moment, Told(charge, "start")) for moment in (first, *draw(st.lists(after, max_size=2)))]
        arriving += [(moment, Told(charge, "stop")) for moment in draw(st.lists(after, min_size=1, max_size=2))]
        if charge.cable:
            moments = draw(st.lists(st.integers(0, 100), min_size=1, max_size=2))
            arriving += [(moment, Told(charge, "cable")) for moment in moments]
        for place in range(len(charge.readings)):
            what = draw(st.sampled_from(["meter", "meter", "beside"]))
            arriving += [(moment, Told(charge, what, place)) for moment in draw(st.lists(after, max_size=2))]
    return charges, [told for _, told in sorted(arriving, key=lambda one: one[0])]


def call_v16(told: Told, number: int) -> tuple[str, dict[str, Any]]:
    """The action and payload in 1.6; `number` is the transaction's, -1 unknown."""
    charge, at = told.charge, later(told.charge.minute(told.place)).isoformat()
    if told.what == "start":
        begun = {"connectorId": charge.evse, "idTag": charge.name, "timestamp": at}
        return "StartTransaction", begun | {"meterStart": charge.readings[0]}
    if told.what == "stop":
        ended = {"transactionId": number, "idTag": charge.name, "meterStop": charge.readings[-1]}
        return "StopTransaction", ended | {"timestamp": later(charge.end).isoformat()}
    named = {} if told.what == "beside" else {"transactionId": number}
    reading = {"timestamp": at, "sampledValue": [{"value": str(charge.readings[told.place])}]}
    return "MeterValues", {"connectorId": charge.evse, "meterValue": [reading]} | named


def call_v201(told: Told, known: bool) -> tuple[str, dict[str, Any]]:
    """The action and payload in 2.0.1. What overtakes its start, which is not `known` then, tells all there is to tell:
    an end of nobody's charge that shows no energy is that of a cable, pulled out again."""
    charge, terse = told.charge, told.charge.terse and known
    readings = [_reading_v201(charge, place) for place in range(len(charge.readings))]
    if told.what == "beside":
        return "MeterValues", {"evseId": charge.evse, "meterValue": [readings[told.place]]}
    named = ("Updated", [], charge.start + 0.5) if charge.cable else ("Started", readings[:1], charge.start)
    kind, shown, minute = {
        "cable": ("Started", readings[:1], charge.start),
        "start": named,
        "meter": ("Updated", [readings[told.place]], charge.minute(told.place)),
        "stop": ("Ended", readings[-1:] if terse else readings, charge.end),
    }[told.what]
    event = {
        "eventType": kind, "timestamp": later(minute).isoformat(), "triggerReason": "MeterValuePeriodic",
        "seqNo": 0, "offline": charge.offline, "transactionInfo": {"transactionId": charge.name},
    }  # fmt: skip
    if shown:
        event["meterValue"] = shown
    if told.what == "start" or not (terse or told.what == "cable"):
        event["idToken"] = {"idToken": charge.name, "type": "ISO14443"}
    if not terse or told.what == "cable":
        event["evse"] = {"id": charge.evse}
    return "TransactionEvent", event


def _reading_v201(charge: Charge, place: int) -> dict[str, Any]:
    sampled = {"value": charge.readings[place], "measurand": "Energy.Active.Import.Register"}
    return {"timestamp": later(charge.minute(place)).isoformat(), "sampledValue": [sampled]}
