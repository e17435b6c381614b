"""Which clock a node goes by: the one that was set for the database, for whoever sets it and whoever follows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ohmstead.app.clock import chosen, of_database
from ohmstead.app.settings import Settings, SettingsError, load
from ohmstead.app.system import System
from ohmstead.kit.audit import Act, write_audit
from ohmstead.kit.clock import Clock, SetClock, SystemClock
from ohmstead.rooms.devices.certificates import Authority
from ohmstead.rooms.devices.presence import nodes
from ohmstead.store.engine import PostgresDatabase

BEGIN = datetime(2037, 1, 31, 8, tzinfo=UTC)  # later than anything these tests write by the machine's time


def near(clock: Clock, moment: datetime) -> bool:
    """Whether it tells this, give or take what a slow machine takes."""
    return timedelta(0) <= clock.now() - moment < timedelta(seconds=20 * getattr(clock, "speed", 1.0))


def asked(clock: datetime | None = BEGIN, speed: float | None = 60) -> Settings:
    return Settings(clock=clock, speed=speed)


async def started(system: System, settings: Settings) -> Clock:
    """The clock of the node `new`."""
    return await chosen(system.database, settings, "new")


async def test_who_sets_no_clock_goes_by_the_machines(system: System) -> None:
    for clock in (await started(system, asked(None, None)), await of_database(system.database)):
        assert type(clock) is SystemClock
        assert clock.speed == 1


async def test_one_sets_it_and_the_others_follow(system: System) -> None:
    for clock in (
        await started(system, asked()),
        await started(system, asked(None, None)),  # who is told nothing
        await started(system, asked()),  # who is told the same, or starts anew
        await of_database(system.database),  # a command
    ):
        assert isinstance(clock, SetClock)
        assert clock.speed == 60
        assert near(clock, BEGIN)


async def test_it_goes_on_from_where_it_stands_at_another_speed(system: System) -> None:
    await started(system, asked())
    clock = await started(system, asked(None, 3_600))
    assert isinstance(clock, SetClock)
    assert clock.speed == 3_600
    assert near(clock, BEGIN)


async def test_a_speed_alone_begins_at_the_present(system: System) -> None:
    clock = await started(system, asked(None, 2))
    assert isinstance(clock, SetClock)
    assert near(clock, SystemClock().now() - timedelta(seconds=10))


async def test_it_is_not_set_back_behind_what_was_written(system: System) -> None:
    database = PostgresDatabase(system.database._pool, SetClock(BEGIN), system.dsn)  # pyright: ignore[reportPrivateUsage]
    async with database.begin() as tx:
        await write_audit(tx, Act("test", "clock"))
    with pytest.raises(
        SettingsError, match=r"--clock 2037-01-31T07:59:59Z lies before .*, rows of 2037-01-31T08:00:00Z"
    ):
        await started(system, asked(BEGIN - timedelta(seconds=1)))
    assert type(await of_database(system.database)) is SystemClock, "it was not set"
    assert near(await started(system, asked(BEGIN + timedelta(days=1))), BEGIN + timedelta(days=1))


async def test_it_is_not_set_where_others_go_by_another(system: System) -> None:
    await started(system, asked())
    async with system.database.begin() as tx:
        await nodes.join(tx, "old", "worker")
    for other in (asked(BEGIN + timedelta(days=1)), asked(speed=30), asked(None, 30)):
        with pytest.raises(SettingsError, match=r"while others run on this database \(old\)"):
            await started(system, other)
    assert near(await started(system, asked()), BEGIN), "the same is no other"


async def test_who_was_killed_and_comes_back_is_no_other(system: System) -> None:
    async with system.database.begin() as tx:
        await nodes.join(tx, "new", "all")
    assert near(await started(system, asked()), BEGIN)


async def test_certificates_live_by_the_real_time(system: System) -> None:
    async with system.database.begin() as tx:
        root = (await Authority(system.vault, SetClock(BEGIN + timedelta(days=365 * 60))).root(tx)).certificate
    assert root.not_valid_before_utc <= SystemClock().now() <= root.not_valid_after_utc


@pytest.mark.parametrize(
    ("name", "value"), [("clock", "soon"), ("clock", "2027-01-31T08:00:00"), ("speed", "0"), ("speed", "4000")]
)
def test_what_is_no_clock_is_named(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"OHMSTEAD_{name.upper()}"):
        load({}, {f"OHMSTEAD_{name.upper()}": value})


def test_it_is_a_setting_like_the_others(tmp_path: Path) -> None:
    file = tmp_path / "ohmstead.toml"
    file.write_text("clock = 2027-01-31T08:00:00Z\nspeed = 60\n")
    from_file = load({}, {"OHMSTEAD_CONFIG": str(file)})
    from_text = load({"clock": "2027-01-31T09:00:00+01:00", "speed": 60.0}, {})
    assert from_file.clock == from_text.clock == datetime(2027, 1, 31, 8, tzinfo=UTC)
    assert from_file.speed == from_text.speed == 60
