"""What the codes of an explanation mean, as an electrician would say it."""

from ohmstead.rooms.power.management.explanation.views import Ceiling, Delay, Floor, Reserved, Standing

CEILINGS: dict[Ceiling, str] = {
    "rating": "It is rated for no more.",
    "hour": "Its charge point is set to no more in this hour, or by default.",
    "profile": "A charging profile that an operator laid on it allows no more.",
    "outside": "Somebody else limits its charge point: an energy management system, or the operator of the grid.",
    "usage": "Its car was seen to take no more; it is offered more as soon as it comes near to that.",
    "unused_lines": "Its car leaves lines unused that it may begin to use: it is raised by what is kept free there.",
    "wish": "No more is wished of its session now",
    "cap": "It is left no more for a while",
}
FLOORS: dict[Floor, str] = {
    "car": "Below 6 A no car charges.",
    "circuit": "The circuit's minChargePointCurrent.",
    "charge_point": "The minCurrent of its charge point.",
    "wish": "So much is wished of its session at the least.",
    "resolution": "Its charge point keeps nothing finer: its minimum is rounded up.",
}
STANDINGS: dict[Standing | None, str] = {
    None: "It takes its limits and keeps to them.",
    "unknown": "It has taken no limit yet.",
    "forgot": "It came back and may have forgotten its limits; it has not taken one since.",
    "refuses": "It refused three limits in a row.",
    "disobeys": "It was found to draw more than it had accepted.",
    "without_limits": "It cannot be reached, and drops its limits with its line.",
    "empty": "It does not obey, or may not, but says that nobody is there.",
    "above": "It draws more than it has accepted, and is not found out yet.",
}
KINDS = {
    "A": "",
    "B": " It keeps no end of a limit: out of reach it would go on with the last one.",
    "C": "",
}
DELAYS: dict[Delay, str] = {
    "unanswered": "A limit is on its way, and not answered yet.",
    "lowering": "It is told less as soon as a limit may be sent.",
    "raise_waits": "It is told more once the room for that is certain, and its last change was long enough ago.",
    "deadband": "The difference is too small for a message.",
}
RESERVES: dict[Reserved, str] = {
    "nothing": "Nothing is kept free for it.",
    "limit": "Its limit: it may draw so much.",
    "fallback": "Its fallback, which holds whenever no limit does.",
    "lease": "It cannot be reached, and may draw so much until its lease is over.",
    "unanswered": "A limit was sent and not answered: it may be in force.",
    "follows": "Its limit was lowered, and its car may still be following.",
    "rounding": "What its charge point may make of its limit by rounding.",
    "rating": "Its rating.",
    "car": "What its car was seen to take, and 2 A.",
    "set_apart": "Its rating, for it cannot be reckoned with.",
    "empty": "Its fallback, as long as it says that nobody is there; else it would be its rating.",
}


def amps(value: float) -> str:
    """As people write it: 16 A, 8.7 A."""
    return f"{value:.1f}".removesuffix(".0") + " A"
