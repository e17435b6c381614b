"""What happens to charge points and what belongs to them, told through the outbox to whoever subscribes."""

from typing import Literal

from ohmstead.kit.facts import Fact, RowChanged


class LocationChanged(RowChanged, topic="location.changed"):
    """A location was made, changed or deleted."""


class ChargePointChanged(RowChanged, topic="chargePoint.changed"):
    """A charge point was made, changed or deleted, by whomever: what it is, not how it is doing."""


class ChargePointModelChanged(RowChanged, topic="chargePointModel.changed"):
    """A model was."""


class SharedPartnersChanged(Fact, topic="chargePoint.sharedPartnersChanged"):
    """A charge point is shared with other partners than before."""

    id: int


class EvseChanged(RowChanged, topic="evse.changed"):
    """An EVSE was, or its connectors."""


class ChargePointEvsesChanged(RowChanged, topic="chargePoint.evsesChanged"):
    """EVSEs of a charge point that is there were made, changed or deleted, or their connectors, and the charge point
    itself was not."""


class EvseMoved(Fact, topic="evse.moved"):
    """An EVSE left one charge point for another."""

    id: int
    left: int
    charge_point_id: int


class ModelQuirksChanged(Fact, topic="chargePointModel.quirksChanged"):
    """All of a model have."""

    id: int


class ParkingSpaceChanged(RowChanged, topic="parkingSpace.changed"):
    """A parking space was made, changed or deleted, or an EVSE is beside it no more."""


class ParkingSpaceOccupancyChanged(Fact, topic="parkingSpace.occupancyChanged"):
    """Somebody parked there, left, or it is not known any more."""

    id: int
    occupancy_status: Literal["unknown", "available", "occupied"]
    at: str
