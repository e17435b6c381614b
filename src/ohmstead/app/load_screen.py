"""What load management explains, in a terminal: the lines of a circuit, and why each EVSE has its share."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

Told = Mapping[str, Any]
"""An explanation as the API gives it."""
PHASES = ("L1", "L2", "L3")
BAR = 28  # characters for the limit of a line
_COLORS = {
    "line": "cyan", "maximum": "green", "no_room": "yellow", "gave_way": "yellow", "below_minimum": "yellow",
    "no_session": "dim", "idle_car": "dim", "full_car": "dim", "not_looked_at": "yellow",
}  # fmt: skip
_SOON = {"unanswered": "A limit is on its way.", "lowering": "Is lowered.", "raise_waits": "Is raised soon."}


def picture(told: Told) -> RenderableType:
    """A circuit and all that it feeds, of one moment."""
    at = datetime.fromisoformat(told["at"]).astimezone()
    head = Text.assemble((f"{told['name']}", "bold"), f" (circuit {told['circuitId']})   {at:%H:%M:%S}")
    return Group(head, lines_table(told), evses_table(told))


def drawn(evse: Told, phase: str) -> float:
    """A on a line, as shown."""
    return next((round(one["amps"], 1) for one in evse["drawn"] if one["phase"] == phase), 0.0)


def lines_table(told: Told, title: str | None = None) -> Table:
    """What each line carries. What is drawn is the sum of what is shown of the EVSEs, so that it adds up on paper."""
    table = Table(title=title, title_justify="left", expand=False)
    for name in ("A", "limit", "others", "margin", "left", "reserved", "drawn", ""):
        table.add_column(name, justify="left" if name in ("A", "") else "right", no_wrap=True)
    for line in told["lines"]:
        flows = sum(drawn(evse, line["phase"]) for evse in told["evses"])
        guessed = "" if line["unmanagedIsMeasured"] else "?"
        table.add_row(
            line["phase"], _plain(min([line["limit"], *(cap["amps"] for cap in line["caps"] if cap["ofAll"])])),
            f"{line['unmanaged']:.1f}{guessed}", f"{line['margin']:.1f}", f"{line['left']:.1f}",
            Text(f"{line['reserved']:.1f}", "bold red" if line["exceeds"] else ""), f"{flows:.1f}", _bar(line, flows),
        )  # fmt: skip
    return table


def _bar(line: Told, flows: float) -> Text:
    """Others, cars, what is reserved for cars beyond, free, and the margin, to scale."""
    scale = BAR / max(line["limit"], 0.1)
    parts = ((line["unmanaged"], "█", "yellow"), (flows, "█", "green"), (line["reserved"] - flows, "▒", "green"))
    text, room = Text(), BAR
    for amps, sign, style in parts:
        width = min(room, max(0, round(amps * scale)))
        text.append(sign * width, style)
        room -= width
    margin = min(room, round(line["margin"] * scale))
    return text.append("·" * (room - margin), "dim").append("░" * margin, "dim")


def evses_table(told: Told) -> Table:
    """Each EVSE in a row."""
    phases = [line["phase"] for line in told["lines"]]
    table = Table(expand=False)
    drawn_on = [f"drawn {phase}" for phase in phases]
    for name in ("EVSE, A", "target", "offered", *drawn_on, "reserved", "weight", "why"):
        table.add_column(name, justify="left" if name in ("EVSE, A", "why") else "right")
    for evse in told["evses"]:
        table.add_row(
            f"{evse['evseId']} {evse['name']}".strip(), _or_none(evse["target"]), _or_none(evse["offered"]),
            *(f"{drawn(evse, phase):.1f}" if phase in evse["phases"] else "-" for phase in phases),
            _or_none(evse["reserve"]["amps"]), _plain(evse["weight"]["product"]) if evse["weight"] else "", _why(evse),
        )  # fmt: skip
    return table


def _why(evse: Told) -> Text:
    """As short as it goes: what else there is to know is told by `explain`."""
    place = evse["binding"] or {}
    said = {
        "line": f"{place.get('name')} {place.get('phase')} is full.",
        "no_room": f"{place.get('name')} {place.get('phase')} has no room for another minimum.",
        "gave_way": "It waits for its turn.",
        "maximum": evse["maximum"]["bounds"][0]["text"] if evse["maximum"] else "",
    }
    told = [said.get(evse["state"], evse["text"])]
    if evse["pending"] and (soon := _SOON.get(evse["pending"]["reason"])):
        told.append(soon)
    if evse["control"]["standing"] and evse["control"]["text"] not in evse["text"]:
        told.append(evse["control"]["text"])
    return Text(" ".join(told), _COLORS.get(evse["state"], "red"))


def explained(told: Told) -> Iterable[str]:
    """A circuit in sentences."""
    yield f"{told['name']} (circuit {told['circuitId']})"
    for line in told["lines"]:
        yield from _line(line, {evse["evseId"]: _called(evse) for evse in told["evses"]})
    for evse in told["evses"]:
        yield f"  {_called(evse)}: {_or_none(evse['offered']) or '-'} A. {evse['text']}"


def _line(line: Told, names: Mapping[int, str]) -> Iterable[str]:
    caps = "".join(f", {one['source']} leaves {_plain(one['amps'])} A" for one in line["caps"])
    guess = "" if line["unmanagedIsMeasured"] else " (not measured)"
    yield (
        f"  {line['phase']} (the root's {line['rootPhase']}): limit {_plain(line['limit'])} A{caps}; others take "
        f"{_plain(line['unmanaged'])} A{guess}, {_plain(line['margin'])} A are kept free; {_plain(line['left'])} A are "
        f"left. Reserved {_plain(line['reserved'])} A, drawn {_plain(line['drawn'])} A."
    )
    if line["exceeds"]:
        yield f"    {_plain(line['exceeds'])} A more are reserved than are left."
    if line["binds"]:
        yield f"    It binds {', '.join(names.get(id, str(id)) for id in line['binds'])}."


def _called(evse: Told) -> str:
    return f"EVSE {evse['evseId']}" + (f", {evse['name']}" if evse["name"] else "")


def explained_evse(evse: Told) -> Iterable[str]:
    """An EVSE in sentences, all that is known of it."""
    yield f"{_called(evse)}, on circuit {evse['circuitId']}"
    yield f"  {evse['text']}"
    yield from (f"  {evse[part]['text']}" for part in ("pending",) if evse[part])
    flows = ", ".join(f"{one['phase']} {_plain(one['amps'])}" for one in evse["drawn"])
    yield (
        f"  target    {_or_none(evse['target']) or '-'} A; offered {_or_none(evse['offered']) or '-'} A; "
        f"drawn {flows or '0'} A"
    )
    if evse["weight"]:
        factors = ", ".join(f"{name} {_plain(value)}" for name, value in evse["weight"]["factors"].items())
        yield f"  weight    {_plain(evse['weight']['product'])}: {factors}"
        yield f"  minimum   {_plain(evse['minimum']['amps'])} A: {evse['minimum']['text']}"
        for number, bound in enumerate(evse["maximum"]["bounds"]):
            yield f"  {'' if number else 'maximum':9} {_plain(bound['amps'])} A: {bound['text']}"
    yield from (f"  wish      {source}" for source in evse["wishes"])
    if evse["departure"]:
        yield f"  leaves    {_clock(evse['departure'])}"
    if lease := evse["lease"]:
        until = f" until {_clock(lease['until'])}, then {_plain(lease['fallback'])} A" if lease["until"] else ""
        yield f"  lease     {_plain(lease['amps'])} A{until}"
    yield f"  control   {evse['control']['kind']}: {evse['control']['text']}"
    yield f"  reserved  {_plain(evse['reserve']['amps'])} A: {evse['reserve']['text']}"


def _clock(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}"


def _plain(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _or_none(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
