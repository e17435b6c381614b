"""Sessions with what was not believed of their meters can be found, by those who run the system."""

import pytest

from tests.client import Client
from tests.given import Given
from tests.rooms.charges import energy, later, site, tag

PATH = "/internal/sessions/v1.0"


async def one_good_and_one_odd(given: Given) -> tuple[str, str]:
    """Two sessions' ids: of the second, the register dropped once."""
    here = await site(given)
    for begin, samples in ((0, ()), (20, (energy(later(25), 3), energy(later(26), 2100)))):
        number, _ = await here.starts(await tag(given), later(begin), 2000)
        if samples:
            await here.meters(*samples, transaction=number)
        await here.stops(number, later(begin + 10), 2500)
    good, odd = await here.sessions()
    return str(good["id"]), str(odd["id"])


@pytest.mark.parametrize(("query", "found"), [("", [0, 1]), ("filter[hasAnomalies]=true", [1]),
                                              ("filter[hasAnomalies]=false", [0])])  # fmt: skip
async def test_those_with_anomalies_are_found(api: Client, given: Given, query: str, found: list[int]) -> None:
    both = await one_good_and_one_odd(given)
    listed = (await api.get(PATH, query)).data
    assert [one["id"] for one in listed] == [both[place] for place in found]
    assert [(one["anomalies"], one["energy"]) for one in listed] == [((0, 1)[place], 500) for place in found]
    assert {(one["meterStart"], one["meterStop"]) for one in listed} == {(2000, 2500)}


async def test_the_filters_of_sessions_count_too_and_the_published_listing_knows_neither(
    api: Client, given: Given
) -> None:
    good, odd = await one_good_and_one_odd(given)
    query = f"filter[hasAnomalies]=true&filter[startedBefore]={later(5).isoformat().replace('+', '%2B')}"
    assert (await api.get(PATH, query)).data == []
    assert (await api.get("/resources/sessions/v1.0", "filter[hasAnomalies]=true")).status == 422
    shown = (await api.get(f"/resources/sessions/v1.0/{odd}")).data
    assert "anomalies" not in shown
    assert good != odd


async def test_a_scope_and_a_partners_rights_hold_for_it(given: Given) -> None:
    await one_good_and_one_odd(given)
    for scopes, partner, expected in (("sessions.read", None, 2), ("evses.read", None, 403), ("*", 8, 0)):
        client = await given.client(scopes, partner_id=partner)
        answer = await client.get(PATH)
        await client.close()
        assert (len(answer.data) if answer.status == 200 else answer.status) == expected
