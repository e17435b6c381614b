"""What charging profiles a station takes, by its model or its own word: clients are told, and units worked out."""

from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.rooms.devices.configuration.variable_store import keep_told
from ohmstead.rooms.devices.profiles.abilities import abilities
from ohmstead.rooms.devices.stations import ClearChargingProfile, Outcome, RemoteStart, SetChargingProfile, Setting
from ohmstead.rooms.network.charge_points import charge_point
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site, tag
from tests.rooms.test_charging_profiles import PATH, cleared, lay, managed, profile, shown  # noqa: F401

LATER = (
    "RateUnit", "PeriodsPerSchedule", "ProfileStackLevel", "Phases3to1", "ACPhaseSwitchingSupported",
    "SupportsMaxOfflineDuration", "SupportsDynamicProfiles",
)  # fmt: skip
PINGS = "WebSocketPingInterval"


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    return await site(given, evses=2)


async def is_odd(api: Client, given: Given, point: int, **quirks: Any) -> None:
    """From now on it is of a model with these quirks."""
    model = await given.model(quirks=quirks)
    assert (await api.patch(f"/resources/charge-points/v2.0/{point}", {"modelId": model["id"]})).status == 200


async def says(here: Site, **settings: str) -> None:
    """It tells of its configuration; a setting of 2.0.1 is of the smart charging controller, or that of the line."""
    places = dict.fromkeys(LATER, "SmartChargingCtrlr") | {PINGS: "OCPPCommCtrlr"}
    told = [Setting(name, value, True, places.get(name)) for name, value in settings.items()]
    await here.tells(keep_told, here.id, [Outcome(status="Accepted", settings=tuple(told))], True)


def in_watts(watts: float, phases: int | None = None) -> dict[str, Any]:
    period = {"startPeriod": 0, "limit": watts} | ({"numberPhases": phases} if phases else {})
    return profile("TxDefaultProfile", chargingSchedule={"chargingRateUnit": "W", "chargingSchedulePeriod": [period]})


def laid_last(gateway: Gateway) -> Any:
    command = gateway.commands[-1][1]
    assert isinstance(command, SetChargingProfile)
    return command.profile


async def known(here: Site) -> Any:
    async with here.system.database.read() as tx:
        return await abilities(tx, here.id)


@pytest.mark.parametrize(
    ("told", "unit"),
    [("Power", "W"), ("W", "W"), ("Current", "A"), ("Current,Power", None), (" Current , Power ", None), ("", None)],
)
async def test_the_unit_is_what_it_says(here: Site, told: str, unit: str | None) -> None:
    for name in ("ChargingScheduleAllowedChargingRateUnit", "RateUnit"):
        await says(here, **{name: told})
        assert (await known(here)).unit == unit


async def test_the_model_knows_better(api: Client, given: Given, here: Site) -> None:
    await says(here, ChargingScheduleAllowedChargingRateUnit="Current", ChargingScheduleMaxPeriods="24")
    assert ((await known(here)).unit, (await known(here)).most_periods) == ("A", 24)
    await says(here, RateUnit="A,W", PeriodsPerSchedule="nonsense")
    assert ((await known(here)).unit, (await known(here)).most_periods) == (None, None)
    await is_odd(api, given, here.id, chargingRateUnit="W", maxSchedulePeriods=6)
    assert ((await known(here)).unit, (await known(here)).most_periods) == ("W", 6)


@pytest.mark.parametrize("name", ["ChargeProfileMaxStackLevel", "ProfileStackLevel"])
async def test_the_highest_stack_level_is_what_it_says_or_what_its_model_does(
    api: Client, given: Given, here: Site, name: str
) -> None:
    for told, most, own in (("0", 0, 0), ("1", 1, 1), ("9", 9, 1), ("-1", None, 1), ("many", None, 1)):
        await says(here, **{name: told})
        assert ((await known(here)).most_level, (await known(here)).setpoint_level) == (most, own)
    await is_odd(api, given, here.id, maxStackLevel=0)
    assert ((await known(here)).most_level, (await known(here)).setpoint_level) == (0, 0)


async def test_a_client_is_told_what_kind_and_level_are_not_taken(
    api: Client, given: Given, here: Site, gateway: Gateway
) -> None:
    await is_odd(api, given, here.id, maxStackLevel=2, profileKinds=["Relative"])
    answer = await api.post(f"{PATH}/{here.id}/set-charging-profile/0", profile(level=3))
    assert (answer.status, set(answer.body["errors"])) == (422, {"stackLevel", "chargingProfileKind"})
    await lay(api, here, 0, profile(level=2, chargingProfileKind="Relative"))
    assert laid_last(gateway).kind == "relative"


async def test_how_limits_are_followed_is_what_its_model_says(api: Client, given: Given, here: Site) -> None:
    plain = await known(here)
    assert (plain.reaction, plain.resolution, plain.fallback, plain.keeps_offline) == (None, None, 0.0, True)
    await is_odd(api, given, here.id, reaction=30, resolution=1, fallbackCurrent=6, dropsLimitsOffline=True)
    odd = await known(here)
    assert (odd.reaction, odd.resolution, odd.rounding, odd.fallback, odd.keeps_offline) == (30, 1, "up", 6, False)


@pytest.mark.parametrize(
    ("quirks", "field"),
    [
        ({"reaction": 4}, "reaction"), ({"reaction": 121}, "reaction"), ({"resolution": 0}, "resolution"),
        ({"rounding": "up"}, "rounding"), ({"fallbackCurrent": 5}, "fallbackCurrent"),
        ({"profileKinds": ["Recurring"]}, "profileKinds"), ({"profileKinds": ["Relative", "Relative"]}, "profileKinds"),
        ({"maxStackLevel": -1}, "maxStackLevel"),
    ],
)  # fmt: skip
async def test_what_cannot_be_worked_with_is_refused(api: Client, quirks: dict[str, Any], field: str) -> None:
    vendor = await api.post("/resources/charge-point-vendors/v1.0", {"name": "Odd"})
    body = {"name": "Box", "vendorId": vendor.data["id"], "quirks": quirks}
    answer = await api.post("/resources/charge-point-models/v1.0", body)
    assert (answer.status, [name.startswith(f"quirks.{field}") for name in answer.body["errors"]]) == (422, [True])


@pytest.mark.parametrize(
    ("purposes", "periods", "steered_by"),
    [
        ([], None, "transaction"), (["TxProfile", "TxDefaultProfile"], 1, "transaction"),
        (["TxDefaultProfile"], None, "transaction_default"), (["ChargePointMaxProfile"], 2, "station_max"),
        (["TxProfile", "ChargePointMaxProfile"], None, "station_max"), (["TxProfile"], None, None),
    ],
)  # fmt: skip
async def test_what_load_management_steers_with(
    api: Client, given: Given, here: Site, purposes: list[str], periods: int | None, steered_by: str | None
) -> None:
    quirks = {"profilePurposes": purposes or None, "maxSchedulePeriods": periods}
    await is_odd(api, given, here.id, **{name: value for name, value in quirks.items() if value})
    assert (await known(here)).steered_by == steered_by


async def test_one_profile_of_one_period_is_no_lease(api: Client, given: Given, here: Site) -> None:
    await is_odd(api, given, here.id, profilePurposes=["TxDefaultProfile"])
    await says(here, ChargingScheduleMaxPeriods="1")
    assert (await known(here)).steered_by is None


async def test_a_limit_in_amperes_becomes_watts(api: Client, given: Given, here: Site, gateway: Gateway) -> None:
    """So few that no line carries more, however low the voltage; what the API shows is what was sent."""
    await says(here, RateUnit="W")
    await lay(api, here, 1, profile("TxDefaultProfile", limit=10))
    sent = laid_last(gateway)
    assert (sent.unit, round(sent.periods[0].limit)) == ("W", 6235)
    assert (await shown(api, here, 1))["chargingRateUnit"] == "W"
    one_phase = {"chargingRateUnit": "A", "minChargingRate": 6,
                 "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10, "numberPhases": 1}]}  # fmt: skip
    await lay(api, here, 0, profile(chargingSchedule=one_phase))
    assert round(laid_last(gateway).periods[0].limit) == 2070
    assert round(laid_last(gateway).min_rate) == 3741


async def test_a_limit_in_watts_becomes_amperes(api: Client, given: Given, here: Site, gateway: Gateway) -> None:
    await is_odd(api, given, here.id, chargingRateUnit="A")
    await lay(api, here, 2, in_watts(11_000))
    assert (laid_last(gateway).unit, round(laid_last(gateway).periods[0].limit, 1)) == ("A", 15.9)
    await lay(api, here, 2, in_watts(2300, phases=1))
    assert round(laid_last(gateway).periods[0].limit, 1) == 10
    await lay(api, here, 2, profile("TxDefaultProfile", limit=13))
    assert laid_last(gateway).periods[0].limit == 13


async def test_a_session_begins_in_the_unit_too(api: Client, given: Given, here: Site, gateway: Gateway) -> None:
    await is_odd(api, given, here.id, chargingRateUnit="W")
    started = await api.post(f"{PATH}/{here.id}/start/1", {"chargingProfile": profile("TxProfile", 1, limit=10)})
    assert started.body["success"] is True, started.body
    command = gateway.commands[-1][1]
    assert isinstance(command, RemoteStart)
    assert command.charging_profile is not None
    assert (command.charging_profile.unit, round(command.charging_profile.periods[0].limit)) == ("W", 6235)


async def test_what_it_does_not_take_is_refused(api: Client, given: Given, here: Site, gateway: Gateway) -> None:
    await is_odd(api, given, here.id, profilePurposes=["TxDefaultProfile"], maxSchedulePeriods=2)
    periods = [{"startPeriod": 60 * n, "limit": 6} for n in range(3)]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    for number, body, field in (
        (0, profile(), "chargingProfilePurpose"),
        (1, profile("TxDefaultProfile", chargingSchedule=schedule), "chargingSchedule.chargingSchedulePeriod"),
    ):
        answer = await api.post(f"{PATH}/{here.id}/set-charging-profile/{number}", body)
        assert (answer.status, list(answer.body["errors"])) == (422, [field])
    started = await api.post(f"{PATH}/{here.id}/start/1", {"chargingProfile": profile("TxProfile")})
    assert (started.status, list(started.body["errors"])) == (422, ["chargingProfile.chargingProfilePurpose"])
    assert gateway.commands == []


async def test_the_maximum_load_management_steers_by_is_not_for_sale(
    api: Client,
    managed: Site,  # noqa: F811
    given: Given,
    gateway: Gateway,
) -> None:
    await is_odd(api, given, managed.id, profilePurposes=["ChargePointMaxProfile", "TxProfile"])
    await managed.starts(await tag(given))
    for level in (0, 3):
        answer = await api.post(f"{PATH}/{managed.id}/set-charging-profile/0", profile(level=level))
        assert (answer.status, list(answer.body["errors"])) == (422, ["chargingProfilePurpose"])
    laid = await lay(api, managed, 1, profile("TxProfile", 0))
    for body in ({}, {"evseNetworkId": "0"}, {"chargingProfilePurpose": "ChargePointMaxProfile"}):
        nothing = await api.post(f"{PATH}/{managed.id}/clear-charging-profile", body)
        assert (nothing.status, "stay" in nothing.body["message"]) == (406, True), body
    assert [one for _, one in gateway.commands if isinstance(one, ClearChargingProfile)] == []
    body = {"evseNetworkId": "1", "chargingProfilePurpose": "TxProfile"}
    assert await cleared(api, managed, gateway, body) == ClearChargingProfile(evse_network_id=1, purpose="transaction")
    assert laid


async def speaks(here: Site, version: str) -> None:
    """Its line is one of this version."""
    async with here.system.database.begin() as tx:
        await tx.run(update(charge_point).where(charge_point.c.id == here.id).values(ocpp_version=version))


SAYS_ALL = {"SupportsMaxOfflineDuration": "true", "SupportsDynamicProfiles": "true", PINGS: "30"}


@pytest.mark.parametrize(
    ("version", "told", "quirks", "notices", "dynamic"),
    [
        ("2.1", SAYS_ALL, {}, 60.0, True),
        ("2.0.1", SAYS_ALL, {}, None, False),  # as it may have said once, when it spoke 2.1
        ("2.1", SAYS_ALL | {"SupportsDynamicProfiles": "false"}, {}, 60.0, False),
        ("2.1", SAYS_ALL | {"SupportsMaxOfflineDuration": "false"}, {}, None, False),
        ("2.1", SAYS_ALL | {PINGS: "0"}, {}, None, False),  # it may not notice for long that its line broke
        ("2.1", {"SupportsMaxOfflineDuration": "true"}, {}, None, False),
        ("2.1", {PINGS: "30"}, {}, None, False),
        ("2.1", {PINGS: "30"}, {"maxOfflineDuration": True}, 60.0, False),
        ("2.1", {PINGS: "30"}, {"maxOfflineDuration": True, "dynamicProfiles": True}, 60.0, True),
        ("2.1", SAYS_ALL, {"maxOfflineDuration": False}, None, False),
        ("2.1", SAYS_ALL, {"dynamicProfiles": False}, 60.0, False),
    ],
)
async def test_limits_that_end_offline_are_what_it_says_or_what_its_model_does(
    api: Client, given: Given, here: Site, version: str, told: dict, quirks: dict, notices: float | None, dynamic: bool
) -> None:
    await speaks(here, version)
    await says(here, **told)
    await is_odd(api, given, here.id, **quirks)
    found = await known(here)
    assert (found.notices_offline, found.dynamic) == (notices, dynamic)


async def test_a_feature_may_be_an_instance_of_one_variable(here: Site) -> None:
    await speaks(here, "2.1")
    await says(here, **{PINGS: "10"})
    features = [
        Setting("SupportsFeature", value, True, "SmartChargingCtrlr", instance)
        for instance, value in (("MaxOfflineDuration", "True"), ("DynamicProfiles", "true"), ("LimitAtSoC", "false"))
    ]
    await here.tells(keep_told, here.id, [Outcome(status="Accepted", settings=tuple(features))], False)
    found = await known(here)
    assert (found.notices_offline, found.dynamic) == (20.0, True)


@pytest.mark.parametrize(
    ("told", "quirks", "switches"),
    [
        ({}, {}, False),
        ({"ConnectorSwitch3to1PhaseSupported": "true"}, {}, True),
        ({"ConnectorSwitch3to1PhaseSupported": "false"}, {}, False),
        ({"Phases3to1": "true"}, {}, True),
        ({"ACPhaseSwitchingSupported": "true"}, {}, True),
        ({"Phases3to1": "true"}, {"switchesPhases": False}, False),
        ({}, {"switchesPhases": True}, True),
    ],
)
async def test_whether_it_switches_to_one_phase(
    api: Client, given: Given, here: Site, told: dict, quirks: dict, switches: bool
) -> None:
    await says(here, **told)
    await is_odd(api, given, here.id, **quirks)
    assert (await known(here)).switches_phases is switches
