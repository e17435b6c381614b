"""The site: a main fuse, two decks, six boards with eight outlets each, wired as electricians do it.

How lines are turned on the way down is reckoned here once more, so that a fault of the product's would show.
"""

from dataclasses import dataclass

LINES = "RST"
MARGIN_A = 15.0  # kept free for the building until a day of it was seen: the product's default
RESERVED_A = 40.0  # of the building while its meter is silent


@dataclass(frozen=True)
class Cable:
    """A circuit: its limit in A on each line, and how its lines are connected to its parent's."""

    name: str
    parent: str | None
    limit_a: float
    rotation: str | None = None


@dataclass(frozen=True)
class Outlet:
    """A station with one EVSE; `wired` is a rotation, or for a single-phase one the line of its board."""

    number: int
    identity: str
    cable: str
    rating_a: float
    wired: str
    version: str
    weight: float

    @property
    def single(self) -> bool:
        """Whether it has one phase."""
        return self.wired.startswith("L")

    @property
    def lines(self) -> tuple[int, ...]:
        """The main fuse's lines (0 to 2) behind its own, in the order of its own."""
        own = [int(self.wired[1]) - 1] if self.single else [LINES.index(letter) for letter in self.wired]
        for cable in path(self.cable):
            if rotation := BY_NAME[cable].rotation:
                own = [LINES.index(rotation[line]) for line in own]
        return tuple(own)

    @property
    def wired_to_main(self) -> str:
        """The same as a rotation or a line of the main fuse's."""
        return f"L{self.lines[0] + 1}" if self.single else "".join(LINES[line] for line in self.lines)


MAIN = "main"
CABLES = (
    Cable(MAIN, None, 200.0),
    Cable("deck-1", MAIN, 120.0, "RST"),
    Cable("deck-2", MAIN, 120.0, "STR"),
    *(
        Cable(f"board-{number}", f"deck-{1 if number <= 3 else 2}", 63.0, rotation)
        for number, rotation in enumerate(("RST", "STR", "TRS", "RST", "TRS", "STR"), 1)
    ),
)
BY_NAME = {cable.name: cable for cable in CABLES}
BOARDS = [cable.name for cable in CABLES if cable.name.startswith("board")]
PLACES = (
    (32.0, "RST"), (32.0, "STR"), (32.0, "TRS"), (32.0, "RST"), (32.0, "STR"), (16.0, "TRS"), (32.0, "L1"),
    (32.0, "L2"),
)  # fmt: skip


def path(cable: str) -> list[str]:
    """A cable and all above it."""
    found, at = [], BY_NAME.get(cable)
    while at is not None:
        found.append(at.name)
        at = BY_NAME.get(at.parent or "")
    return found


def outlets() -> list[Outlet]:
    """Half of them speak OCPP 1.6, half 2.0.1; one in eight counts twice."""
    return [
        Outlet(
            number, f"outlet-{number + 1}", board, *place, version="2.0.1" if number % 2 else "1.6",
            weight=2.0 if number % 8 == 4 else 1.0,
        )
        for number, (board, place) in enumerate((board, place) for board in BOARDS for place in PLACES)
    ]  # fmt: skip


OUTLETS = outlets()
CONDUCTORS = [(cable.name, line) for cable in CABLES for line in range(3)]
