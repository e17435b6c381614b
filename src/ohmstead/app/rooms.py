"""The rooms, lowest first: every operation the API serves, in the order the document shows them, and their work."""

from ohmstead.kit import facts  # noqa: F401 - its tables
from ohmstead.kit.operations import Operation
from ohmstead.kit.serving import operations_of
from ohmstead.rooms.billing import room as billing
from ohmstead.rooms.charging import room as charging
from ohmstead.rooms.charging.sessions import internal
from ohmstead.rooms.devices import room as devices
from ohmstead.rooms.energy import room as energy
from ohmstead.rooms.network import room as network
from ohmstead.rooms.notices import room as notices
from ohmstead.rooms.notices import tables  # noqa: F401 - its tables
from ohmstead.rooms.operator import admins  # noqa: F401 - the tables of admins
from ohmstead.rooms.operator import room as operator
from ohmstead.rooms.people import room as people
from ohmstead.rooms.power import room as power
from ohmstead.rooms.tariffs import room as tariffs

OPERATIONS: list[Operation] = operations_of(
    *operator.OPERATIONS,
    *people.OPERATIONS,
    *energy.OPERATIONS,
    *tariffs.OPERATIONS,
    *network.OPERATIONS,
    *devices.OPERATIONS,
    *charging.OPERATIONS,
    *power.OPERATIONS,
    *billing.OPERATIONS,
    *notices.OPERATIONS,
    internal.operations(),
)
LEADER_WORK = (
    *operator.BACKGROUND,
    *people.BACKGROUND,
    *network.BACKGROUND,
    *devices.BACKGROUND,
    *charging.BACKGROUND,
    *power.BACKGROUND,
    *billing.BACKGROUND,
)
"""The work that one node does for all: classes that are made of a database and a clock, and have a `run`."""
