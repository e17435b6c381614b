"""Authorizations as the API shows them, in both versions."""

from sqlalchemy import update

from ohmstead.rooms.charging.authorizations import authorization, authorizations, authorize_by
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.charges import later, site, tag

V1, V2 = "/resources/authorizations/v1.0", "/resources/authorizations/v2.0"


class TestAuthorizations(ResourceContract):
    resource = authorizations


async def test_an_authorization_names_its_sessions(api: Client, given: Given) -> None:
    here, card = await site(given), await tag(given)
    await here.presents(card)
    await here.starts(card)
    own = await here.only_session()
    (shown,) = (await api.get(V2)).data
    assert (shown["method"], shown["status"], shown["source"]) == ("id_tag", "accepted", "local")
    assert (shown["idTagUid"], shown["userId"], shown["sessionIds"]) == (card, own["user_id"], [own["id"]])
    assert (shown["chargePointId"], shown["evseId"], shown["rejectionReason"]) == (here.id, here.evses[0], None)
    old = (await api.get(f"{V1}/{shown['id']}")).data
    assert (old["method"], old["rfidTagUid"], "sessionIds" in old) == ("rfid_tag", card, False)


async def test_two_presentations_and_one_charge(api: Client, given: Given) -> None:
    here, card = await site(given), await tag(given)
    for _ in range(2):
        await here.presents(card)
    await here.starts(card, later(1))
    used = [one["sessionIds"] for one in (await api.get(V2)).data]
    assert used == [[], [1]]


async def test_filters_and_old_words(api: Client, given: Given) -> None:
    here, user = await site(given), await given.user()
    async with here.system.database.begin() as tx:
        made = [
            await authorize_by(tx, "mac_address", here.id, user_id=int(user["id"]), id_tag_uid="AA:BB"),
            await authorize_by(tx, "payment_terminal", here.id, rejection_reason="blocked"),
            await authorize_by(tx, "plug_and_charge_iso15118", here.id),
        ]
        await tx.run(update(authorization).where(authorization.c.id == made[2]).values(status="pending"))
    for query, found in (
        ("filter[method]=mac_address", made[:1]), ("filter[status]=rejected", made[1:2]),
        ("filter[status]=pending", made[2:]), ("filter[partnerId]=9", []), ("filter[createdAfter]=2020-01-01", made),
        ("filter[createdBefore]=2020-01-01T00:00:00Z", []), ("filter[lastUpdatedAfter]=2020-01-01", made),
    ):  # fmt: skip
        assert [one["id"] for one in (await api.get(V2, query)).data] == found, query
    assert (await api.get(V2)).data[0]["method"] == "id_tag"
    old = [(await api.get(f"{V1}/{key}")).data for key in made]
    assert [one["method"] for one in old] == ["rfid_tag", "user_device", "plug_and_charge"]
    assert [one["status"] for one in old] == ["accepted", "rejected", "rejected"]


async def test_a_partners_token_sees_what_happened_at_its_charge_points(given: Given) -> None:
    here, card = await site(given), await tag(given)
    await here.presents(card)
    theirs = await given.client("*", partner_id=5)
    try:
        assert (await theirs.get(V2)).data == []
    finally:
        await theirs.close()
