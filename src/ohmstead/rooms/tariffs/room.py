"""The room of tariffs: what it exports."""

from ohmstead.kit.operations import Operation
from ohmstead.rooms.tariffs import tables  # noqa: F401 - until the resources name them

OPERATIONS: tuple[Operation, ...] = ()
