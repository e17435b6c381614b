"""Connectors below their EVSEs."""

from typing import Any

from ohmstead.kit.versions import Version
from ohmstead.rooms.network.evses import connectors
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

BASE = "/resources/charge-points/v2.0"


async def _outlet(given: Given) -> tuple[dict[str, Any], str]:
    """A charge point and the path of an EVSE of it."""
    point = await given.charge_point()
    return point, f"{BASE}/{point['id']}/evses/{(await given.evse(point))['id']}"


class TestConnectors(ResourceContract):
    resource = connectors
    create = {"type": "type2", "format": "socket", "status": "enabled"}
    update = {"status": "disabled"}

    async def base(self, given: Given, version: Version) -> str:
        return f"{(await _outlet(given))[1]}/connectors"


async def test_all_come_at_once(api: Client, given: Given) -> None:
    _, path = await _outlet(given)
    made = [await given.made(f"{path}/connectors", {"type": kind}) for kind in ("ccs2", "chademo")]
    answer = await api.get(f"{path}/connectors")
    assert answer.body == {"data": made}
    assert [one["status"] for one in made] == ["enabled", "enabled"]


async def test_it_is_found_only_below_its_own(api: Client, given: Given) -> None:
    point, path = await _outlet(given)
    other, elsewhere = await _outlet(given)
    made = await given.made(f"{path}/connectors", {"type": "type2"})
    assert (await api.get(f"{elsewhere}/connectors/{made['id']}")).status == 404
    crossed = path.replace(f"/{point['id']}/", f"/{other['id']}/")
    assert (await api.get(f"{crossed}/connectors/{made['id']}")).status == 404
    assert (await api.get(f"{crossed}/connectors")).status == 404


async def test_it_goes_with_its_evse(api: Client, given: Given) -> None:
    _, path = await _outlet(given)
    made = await given.made(f"{path}/connectors", {"type": "type2"})
    assert (await api.delete(path)).status == 204
    assert (await api.get(f"{path}/connectors/{made['id']}")).status == 404
