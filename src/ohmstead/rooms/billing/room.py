"""The room of billing: what it exports."""

from typing import Any

from ohmstead.kit.serving import Declared
from ohmstead.rooms.billing import ledger  # noqa: F401 - its tables
from ohmstead.rooms.billing.gateways import calls, events  # noqa: F401 - their tables
from ohmstead.rooms.billing.methods import table as methods  # noqa: F401
from ohmstead.rooms.billing.sessions import table as sessions  # noqa: F401
from ohmstead.rooms.billing.terminals.resource import terminals
from ohmstead.rooms.billing.transactions import table as transactions  # noqa: F401

OPERATIONS: tuple[Declared, ...] = (terminals,)
BACKGROUND: tuple[Any, ...] = ()
