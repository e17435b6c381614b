"""What the tests of charging share: a station with outlets, the facts it tells, and a gateway that records commands."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.db import Row
from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.facts import ChargeStarted, ChargeStopped, Metered, TagPresented, TagVerdict
from ohmstead.rooms.charging.readings import Sample, readings
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.durable_facts import ChargePointBooted
from ohmstead.rooms.devices.facts import Connected, StatusChanged
from ohmstead.rooms.devices.stations import Command, Outcome, StationError
from ohmstead.rooms.network.hardware_status import HardwareStatus
from tests.given import Given

T0 = datetime.now(UTC).replace(minute=7, second=0, microsecond=0) - timedelta(hours=6)


def later(minutes: float) -> datetime:
    """A moment of the test's day, counted from T0."""
    return T0 + timedelta(minutes=minutes)


def energy(at: datetime, wh: float, context: str | None = None) -> Sample:
    """A reading of the register."""
    return Sample(at, "Energy.Active.Import.Register", wh, "Wh", context=context)


def booted(station_id: int) -> ChargePointBooted:
    """That a station started, as subscribers hear it."""
    return ChargePointBooted(id=station_id, vendor="Zap", model="One", last_updated_at=T0.isoformat())


@dataclass
class Site:
    """A connected charge point whose facts go straight to the rooms."""

    system: System
    id: int
    evses: list[int]

    async def tells(self, told: Any, *facts: Any) -> Any:
        """One fact in its own transaction."""
        async with self.system.database.begin() as tx:
            return await told(tx, *facts)

    async def status(self, status: HardwareStatus, number: int = 1) -> None:
        now = self.system.clock.now()
        fact = StatusChanged(
            charge_point_id=self.id, evse_network_id=number, status=status, error_code=None, vendor_error_code=None,
            vendor_id=None, info=None, at=now, received_at=now,
        )  # fmt: skip
        await self.tells(presence.status_changed, fact)

    async def presents(self, tag: str) -> TagVerdict:
        fact = TagPresented(charge_point_id=self.id, id_tag=tag, received_at=self.system.clock.now())
        return await self.tells(flow.authorize, fact)

    async def starts(self, tag: str, at: datetime = T0, wh: int = 1000, number: int = 1, ref: str = "") -> Any:
        return await self.tells(flow.charge_started, self.start(tag, at, wh, number, ref))

    def start(self, tag: str, at: datetime = T0, wh: int = 1000, number: int = 1, ref: str = "") -> ChargeStarted:
        return ChargeStarted(
            charge_point_id=self.id, evse_network_id=number, id_tag=tag, meter_wh=wh, at=at, reservation_id=None,
            ref=ref or f"{number}/{tag}/{at.isoformat()}/{wh}", received_at=self.system.clock.now(),
        )  # fmt: skip

    async def stops(self, transaction: int, at: datetime, wh: int, **facts: Any) -> TagVerdict | None:
        return (await self.tells(flow.charge_stopped, self.stop(transaction, at, wh, **facts))).verdict

    def stop(self, transaction: int, at: datetime, wh: int, **facts: Any) -> ChargeStopped:
        told: dict[str, Any] = {"id_tag": None, "reason": None} | facts
        now = self.system.clock.now()
        return ChargeStopped(
            charge_point_id=self.id, transaction_id=transaction, meter_wh=wh, at=at, received_at=now,
            readings=readings(told.pop("samples", ()), now), **told,
        )  # fmt: skip

    async def meters(self, *samples: Sample, transaction: int | None = None, number: int = 1) -> None:
        await self.tells(flow.metered, [self.metered(*samples, transaction=transaction, number=number)])

    def metered(self, *samples: Sample, transaction: int | None = None, number: int = 1) -> Metered:
        now = self.system.clock.now()
        return Metered(
            charge_point_id=self.id, evse_network_id=number, transaction_id=transaction,
            readings=readings(samples, now), received_at=now,
        )  # fmt: skip

    async def sessions(self) -> list[Row]:
        """Every session's row, oldest first."""
        async with self.system.database.read() as tx:
            return await tx.all(select(session).order_by(session.c.id))

    async def only_session(self) -> Row:
        rows = await self.sessions()
        assert len(rows) == 1, rows
        return rows[0]


async def site(given: Given, evses: int = 1, **fields: Any) -> Site:
    """A connected charge point with so many outlets of 11 kW, free for charging."""
    made = await given.charge_point(**fields)
    power = {"powerOptions": {"maxPower": 11_000, "phases": "three_phase"}}
    outlets = [(await given.evse(made, networkId=str(n), **power))["id"] for n in range(1, evses + 1)]
    here = Site(given.system, made["id"], outlets)
    connected = Connected(charge_point_id=here.id, version="1.6", remote_ip="::1", at=given.system.clock.now())
    await here.tells(presence.connected, connected)
    for number in range(1, evses + 1):
        await here.status("available", number)
    return here


async def tag(given: Given, **user: Any) -> str:
    """The UID of a living user's tag."""
    owner = await given.user(**user)
    return (await given.id_tag(userId=int(owner["id"])))["idTagUid"]


@dataclass
class Gateway:
    """Stations that answer as told: a status word, an error, or what a function makes of the command."""

    answer: Any = "Accepted"
    commands: list[tuple[int, Command]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        self.commands.append((charge_point_id, command))
        self.asked.set()
        answer = await self.answer(command) if callable(self.answer) else self.answer
        if isinstance(answer, StationError):
            raise answer
        return answer if isinstance(answer, Outcome) else Outcome(status=answer)

    def connected(self, charge_point_id: int) -> bool:
        return not isinstance(self.answer, StationError)
