"""What charge points tell of charging, free of any OCPP version: tags, starts, stops and meter readings."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from ohmstead.engines.idle import Said
from ohmstead.rooms.charging.readings import Reading
from ohmstead.rooms.devices.stations import ChargingProfile


class SignedReading(Struct, frozen=True):
    """A reading signed by the meter (for calibration law); `data` is the signed text, to be kept unchanged."""

    at: datetime
    data: str
    measurand: str | None = None
    context: str | None = None


Meter = tuple[tuple[Reading, ...], tuple[SignedReading, ...]]
"""What was read at each moment, in the order of the moments, and what the meter signed, untouched."""


class TagPresented(Struct, frozen=True, kw_only=True):
    """Somebody held a tag to the reader, or an app's token came back: may it charge here? Its type is a
    2.x station's word."""

    charge_point_id: int
    id_tag: str
    received_at: datetime
    token_type: str | None = None


class ContractPresented(Struct, frozen=True, kw_only=True):
    """The certificate of an EMAID's contract, with what stands above it (PEM), which the station could not verify."""

    charge_point_id: int
    emaid: str
    chain: str


ContractWorth = Literal["Accepted", "SignatureError", "CertificateExpired", "CertificateRevoked", "CertChainError"]
"""What the certificate of a contract is worth, in OCPP's words."""


class TagVerdict(Struct, frozen=True, kw_only=True):
    """The answer for a tag; `parent` is the group whose tags may stop each other's sessions. A good tag of a user whom
    the charge point does not let charge is `not_at_this_location`, one whom the tariff does not `charging_not_allowed`,
    one who has nothing to pay with `no_credit`; where it is good at some EVSEs of the station only, `evses` are their
    numbers. `message` is for the display: what the tariff says of its prices."""

    status: Literal[
        "accepted", "blocked", "expired", "invalid", "concurrent", "not_at_this_location", "charging_not_allowed",
        "no_credit",
    ]  # fmt: skip
    expires_at: datetime | None = None
    parent: str | None = None
    evses: tuple[int, ...] = ()
    message: str | None = None


class EndTaken(Struct, frozen=True, kw_only=True):
    """The answer to a stop: a verdict on its tag, where it names one, and for the display what the charge came to, in
    the currency's major unit with tax, and what is to be said of it."""

    verdict: TagVerdict | None = None
    cost: float | None = None
    message: str | None = None


class ProfilesTold(Struct, frozen=True, kw_only=True):
    """A part of a station's account of the profiles it holds for an EVSE (0: itself); `more` parts follow."""

    charge_point_id: int
    request_id: int
    evse_network_id: int
    profiles: tuple[ChargingProfile, ...]
    more: bool
    received_at: datetime


class ReservationEnded(Struct, frozen=True, kw_only=True):
    """A station let go of a reservation by itself: its time was up, or it could keep it no longer."""

    charge_point_id: int
    reservation_id: int
    how: Literal["expired", "removed"]
    received_at: datetime


class ChargeStarted(Struct, frozen=True, kw_only=True):
    """A transaction began. `ref` is equal for two tellings of one start: a lost answer makes stations tell it again.

    `at` and `meter_wh` are the station's own; the register's reading is in Wh, None where it is not told yet. A 2.x
    station names its transactions by a text of its own, `transaction_ref`, and says which order from afar it follows
    (`remote_start_id`). It may say so in the middle of a transaction; `is_first` where it says that this is its first
    moment. What comes `after_end` of a charge of this name, and is later than that, begins no other: an end is an end.
    An `id_tag` of "" is nobody's. Where it is not `timed` the station did not say when: `at` is the time of receipt,
    and `ref` is equal for every start of a tag at an EVSE with this reading.
    """

    charge_point_id: int
    evse_network_id: int
    id_tag: str
    meter_wh: float | None
    at: datetime
    reservation_id: int | None
    ref: str
    received_at: datetime
    transaction_ref: str | None = None
    remote_start_id: int | None = None
    token_type: str | None = None
    is_first: bool = False
    after_end: bool = False
    timed: bool = True


class ChargeStopped(Struct, frozen=True, kw_only=True):
    """A transaction ended. `transaction_id` is as sent: -1, 0 and numbers beyond 64 bits do occur; a 2.x station sends
    its own `transaction_ref` instead. The register's reading may be left out. Where it is not `timed` the station did
    not say when: `at` is the time of receipt.

    `reason` is the station's word ("Local", "EVDisconnected", …), None where it gave none (then "Local" is meant).
    """

    charge_point_id: int
    transaction_id: int | None
    id_tag: str | None
    meter_wh: float | None
    at: datetime
    reason: str | None
    readings: tuple[Reading, ...]
    signed: tuple[SignedReading, ...] = ()
    received_at: datetime
    transaction_ref: str | None = None
    token_type: str | None = None
    evse_network_id: int | None = None
    timed: bool = True


class Metered(Struct, frozen=True, kw_only=True, gc=False):
    """What an EVSE's meter read, or with `evse_network_id` 0 the main meter; with or without a transaction, which has
    our number (1.6) or the station's own name (2.x). None is an EVSE that only its transaction tells. `began_at` is the
    moment of a transaction's first event, where nobody may charge yet."""

    charge_point_id: int
    evse_network_id: int | None
    transaction_id: int | None
    readings: tuple[Reading, ...]
    signed: tuple[SignedReading, ...] = ()
    received_at: datetime
    transaction_ref: str | None = None
    began_at: datetime | None = None


class ChargingStateTold(Struct, frozen=True, kw_only=True):
    """A 2.x station says of a transaction, by its own name, whether its vehicle takes power, takes none, or gets none
    from it; `at` is the station's moment, which may be long ago."""

    charge_point_id: int
    transaction_ref: str
    state: Said
    at: datetime
    received_at: datetime


class NeedsTold(Struct, frozen=True, kw_only=True):
    """A vehicle says through a 2.x station when it leaves, by our clock, and how many Wh it wants by then, with its
    state of charge in %; one that charges with AC, between how many A a line. `asked_at` is told of what was kept while
    the station was offline (2.1)."""

    charge_point_id: int
    evse_network_id: int
    departure_at: datetime | None = None
    energy_wh: float | None = None
    soc_percent: float | None = None
    min_current: float | None = None
    max_current: float | None = None
    asked_at: datetime | None = None
    received_at: datetime


NeedsVerdict = Literal["accepted", "processing", "rejected", "unknown"]
"""Whether a schedule follows at once, once the session has begun, or not at all; `unknown`: there is no such EVSE."""
