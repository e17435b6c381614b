"""Hardware status: the state of a charge point, an EVSE or a connector in the words of the API."""

from typing import Literal

HardwareStatus = Literal[
    "available",
    "preparing",
    "charging",
    "suspendedEV",
    "suspendedEVSE",
    "finishing",
    "reserved",
    "unavailable",
    "faulted",
    "occupied",
]
"""The state of one outlet; `occupied` is all that an OCPP 2.x station says of a plugged cable."""
