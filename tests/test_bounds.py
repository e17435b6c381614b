"""What no column holds: each body, filter and path of the API that says so is answered with a 422 that names it, and
nothing is logged as a failure."""

import random
from typing import Any
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from tests.client import Client
from tests.given import Given

LONG = random.Random(7).randbytes(5_500).hex()  # 11 kB that cannot be compressed: no index takes it
TAX = "/resources/taxes/v2.0"
CURRENCY = "/resources/currencies/v2.0"
POINTS = "/resources/charge-points/v2.0"
METER = "/resources/electricity-meters/v1.0"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (TAX, {"name": "a\0b", "percentage": 20}, "name"),
        (TAX, {"name": "a", "percentage": 20, "displayName": [{"locale": "en", "translation": "\0"}]},
         "displayName.0.translation"),
        (TAX, {"name": "a", "percentage": 20, "taxIdentificationNumberId": 2**63}, "taxIdentificationNumberId"),
        (TAX, {"name": "a", "percentage": 20, "taxIdentificationNumberId": -(2**63) - 1}, "taxIdentificationNumberId"),
        (TAX, {"name": "a", "percentage": 20, "taxIdentificationNumberId": 10**40}, "taxIdentificationNumberId"),
        (METER, {"name": "a", "integrationId": 2**31, "integrationParameters": {}}, "integrationId"),
        (METER, {"name": "a", "integrationParameters": {"host": "\0"}}, "integrationParameters.host"),
        ("/resources/users/v1.0", {"email": "a@example.org", "password": "correct horse", "externalId": LONG},
         "externalId"),
        ("/resources/id-tags/v2.0", {"idTagUid": LONG, "status": "enabled", "type": "rfid"}, "idTagUid"),
        ("/resources/charge-point-vendors/v1.0", {"name": LONG}, "name"),
        (CURRENCY, {"alphabeticCode": LONG}, "alphabeticCode"),
    ],
)  # fmt: skip
async def test_a_body_names_the_field(api: Client, path: str, body: dict[str, Any], field: str) -> None:
    with capture_logs() as logged:
        answer = await api.post(path, body)
    assert answer.status == 422, answer.body
    assert answer.body["errors"].keys() == {field}
    assert logged == []


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/resources/evse-downtime-periods/v1.0", "filter[durationLessThan]=2147483648", "filter.durationLessThan"),
        (
            "/resources/evse-downtime-periods/v1.0",
            "filter[durationGreaterThan]=-2147483649",
            "filter.durationGreaterThan",
        ),
        ("/resources/sessions/v1.0", "filter[userId]=9223372036854775808", "filter.userId"),
        ("/resources/sessions/v1.0", "filter[evsePhysicalReference]=%00", "filter.evsePhysicalReference"),
        ("/resources/sessions/v1.0", "page=%00", "page"),
        ("/internal/station-events/v1.0", "filter[evseNetworkId]=2147483648", "filter.evseNetworkId"),
        ("/internal/station-events/v1.0", "chargePointId=%00", "chargePointId"),
    ],
)
async def test_a_query_names_the_filter(api: Client, path: str, query: str, field: str) -> None:
    with capture_logs() as logged:
        answer = await api.get(path, query)
    assert answer.status == 422, answer.body
    assert answer.body["errors"].keys() == {field}
    assert logged == []


@pytest.mark.parametrize("number", ["2147483648", "999999999999999999"])
@pytest.mark.parametrize("action", ["start", "unlock", "reserve"])
async def test_the_number_of_an_evse_has_32_bits(api: Client, given: Given, action: str, number: str) -> None:
    point = await given.charge_point()
    body = {"duration": 10, "userId": int((await given.user())["id"])} if action == "reserve" else None
    with capture_logs() as logged:
        answer = await api.post(f"/actions/charge-point/v1.0/{point['id']}/{action}/{number}", body)
    assert answer.status == 422, answer.body
    assert answer.body["errors"].keys() == {"evse"}
    assert logged == []


async def test_a_path_with_a_nul_names_nothing(api: Client, given: Given) -> None:
    point = await given.charge_point()
    for path in (f"{TAX}/%00", f"/resources/charge-points/v1.0/{point['id']}/configurations/%00"):
        assert (await api.get(path)).status == 404


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/resources/sessions/v1.0", "filter[userId]=&filter[status]=&filter[externalAppData.x]="),
        ("/resources/evse-downtime-periods/v1.0", "filter[durationLessThan]="),
        ("/resources/charge-points/v2.0", "filter[lastUpdatedAfter]=&filter[userId]="),
        ("/resources/charge-points/v2.0", "filter[tag]=&filter[roamingOperatorIds][]="),
    ],
)
async def test_an_empty_filter_filters_nothing(api: Client, path: str, query: str) -> None:
    answer = await api.get(path, query)
    assert (answer.status, answer.data) == (200, (await api.get(path)).data)


async def test_an_empty_filter_does_not_hide_what_there_is(api: Client, given: Given) -> None:
    point = await given.charge_point()
    for query in ("filter[name]=", "filter[userId]=&filter[name]=", "filter[name][]=&filter[tag]="):
        assert [one["id"] for one in (await api.get(POINTS, query)).data] == [point["id"]]
    assert (await api.get(POINTS, f"filter[name]={quote(point['name'])}&filter[name]=")).data != []
    assert (await api.get(POINTS, "filter[nonsense]=")).status == 422
