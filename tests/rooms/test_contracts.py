"""Contracts of Plug & Charge: vehicles, the EMAIDs issued for them, and what becomes of these."""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from sqlalchemy import select, update

from ohmstead.engines.pki import contract_certificate, hashed, new_root, pem
from ohmstead.kit.versions import Version
from ohmstead.rooms.charging import contracts
from ohmstead.rooms.charging.contracts.emaid import kept, printed
from ohmstead.rooms.charging.facts import ContractPresented
from ohmstead.rooms.charging.offline_tags import OutdatedLists
from ohmstead.rooms.charging.offline_tags.table import local_list
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.certificates import Responders
from ohmstead.rooms.devices.certificates.tables import contract_certificate as stored
from ohmstead.rooms.devices.facts import CertificateStatusWanted, Connected, Disconnected
from ohmstead.rooms.devices.stations import Command, GetLocalListVersion, Outcome, SendLocalList, stations
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.outbound import Outbound
from tests.client import Answer, Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.charges import Gateway, later, site

_number = itertools.count(1)
PATH, TAGS = "/resources/provisioning-certificates/v2.0", "/resources/id-tags/v2.0"


def pcid() -> str:
    return f"WZZZ9TZ{next(_number):010}"


class TestProvisioningCertificates(ResourceContract):
    resource = contracts.provisioning_certificates
    update = {"name": "Company car", "vehicleType": "company"}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        user = int((await given.user())["id"])
        return {"pcId": pcid(), "name": "My car", "vehicleType": "private", "userId": user}


@pytest.fixture
async def issuer(given: Given) -> None:
    await put(given, countryCode="DE", providerId="OHM")


async def put(given: Given, **values: Any) -> None:
    async with given.system.database.begin() as tx:
        await settings.put(tx, "plugAndCharge", **values)


async def vehicle(given: Given, **fields: Any) -> dict[str, Any]:
    if "userId" not in fields:
        fields["userId"] = int((await given.user())["id"])
    return await given.made(PATH, {"pcId": pcid(), "name": "My car", "vehicleType": "company"} | fields)


async def issue(client: Client, key: int, **body: Any) -> Answer:
    return await client.post(f"/actions/provisioning-certificate/v1.0/{key}/issue-emaid", body)


async def reissue(client: Client, key: int) -> Answer:
    return await client.post(f"/actions/id-tag/v1.0/{key}/reissue-emaid")


async def issued(api: Client, key: int) -> list[dict[str, Any]]:
    return (await api.get(f"{PATH}/{key}")).data["idTags"]


async def active(api: Client, key: int) -> dict[str, Any]:
    """The ID tag of the vehicle's EMAID."""
    [tag] = [one for one in await issued(api, key) if one["status"] == "active"]
    return (await api.get(f"{TAGS}/{tag['id']}")).data


async def export(api: Client, key: int) -> Answer:
    return await api.post(f"/internal/provisioning-certificate/v1.0/{key}/export-contract")


@pytest.mark.parametrize("wrong", ["", "A" * 16, "A" * 19, "WZZZ-TZ0000000001", "WZZZ9TZ000000000\n", "Ä" * 17])
async def test_a_pcid_has_17_or_18_characters(api: Client, given: Given, wrong: str) -> None:
    user = int((await given.user())["id"])
    body = {"pcId": wrong, "name": "x", "vehicleType": "private", "userId": user}
    assert (await api.post(PATH, body)).body["errors"].keys() == {"pcId"}


async def test_a_vehicle_is_there_once(api: Client, given: Given) -> None:
    made = await vehicle(given, pcId="WZZZ9TZabcdefghij")
    user = int((await given.user())["id"])
    for same in ("wzzz9tzABCDEFGHIJ", "WZZZ9TZABCDEFGHIJX"):
        answer = await api.post(PATH, {"pcId": same, "name": "x", "vehicleType": "private", "userId": user})
        assert answer.body["errors"] == {"pcId": ["The pc id has already been taken."]}
    assert made["pcId"] == "WZZZ9TZabcdefghij"


async def test_what_it_shows_of_emaids_is_given_back_without_harm(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"])
    shown, tag = (await api.get(f"{PATH}/{car['id']}")).data, await active(api, car["id"])
    assert (await api.patch(f"{PATH}/{car['id']}", shown)).data == shown
    assert await active(api, car["id"]) == tag
    assert (await api.patch(f"{PATH}/{car['id']}", {"idTags": []})).data == shown


async def test_emaids_change_with_their_vehicle(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"])
    tag = await active(api, car["id"])
    card = await given.payment_method(car["userId"])
    change = {"name": "Mine", "paymentMethod": card, "status": "suspended", "expireAt": "2031-01-01T00:00:00+00:00"}
    shown = (await api.patch(f"{PATH}/{car['id']}", {"idTags": [{"id": tag["id"]} | change]})).data["idTags"]
    assert shown == [{"id": tag["id"], "type": "emaid"} | change]
    after = (await api.get(f"{TAGS}/{tag['id']}")).data
    assert (after["idLabel"], after["paymentMethodId"], after["status"]) == ("Mine", card, "suspended")
    assert after["expireAt"] == change["expireAt"]
    await issue(api, car["id"])
    second = await active(api, car["id"])
    turned = [{"id": tag["id"], "status": "active"}, {"id": second["id"], "status": "disabled"}]
    two = await api.patch(f"{PATH}/{car['id']}", {"idTags": turned[:1]})
    assert two.body["errors"] == {"idTags": ["One EMAID may be active at a time."]}
    assert (await api.patch(f"{PATH}/{car['id']}", {"idTags": turned})).status == 200
    assert [one["status"] for one in await issued(api, car["id"])] == ["active", "disabled"]


async def test_no_other_emaids_are_given(api: Client, given: Given, issuer: None) -> None:
    car, other = await vehicle(given), await vehicle(given)
    for key in (car["id"], other["id"]):
        await issue(api, key)
    [own], [foreign] = await issued(api, car["id"]), await issued(api, other["id"])
    for wrong, fields in (
        ([foreign], {"idTags.0.id"}), ([{"id": own["id"]}, {}], {"idTags.1.id"}), ([own, own], {"idTags.1.id"}),
        ([own | {"type": "rfid"}], {"idTags.0.type"}),
        ([own | {"paymentMethod": "cash"}], {"idTags.0.paymentMethod"}),
        ([own | {"paymentMethod": "12"}], {"idTags.0.paymentMethod"}),
    ):  # fmt: skip
        answer = await api.patch(f"{PATH}/{car['id']}", {"idTags": wrong})
        assert (answer.status, answer.body["errors"].keys()) == (422, fields)
    body = {"pcId": pcid(), "name": "x", "vehicleType": "private", "userId": car["userId"]}
    assert (await api.post(PATH, body | {"idTags": [own]})).body["errors"].keys() == {"idTags.0.id"}
    assert (await api.post(PATH, body | {"idTags": []})).status == 201
    await reissue(api, own["id"])
    again = [{"id": own["id"], "status": "active"}, {"id": (await active(api, car["id"]))["id"], "status": "disabled"}]
    answer = await api.patch(f"{PATH}/{car['id']}", {"idTags": again})
    assert answer.body["errors"] == {"idTags.0.status": ["The contract of the EMAID has ended."]}


# Issuing


async def test_an_emaid_is_an_id_tag_of_the_vehicles_user(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    assert car["idTags"] == []
    await given.corporate_account(3, car["userId"])
    assert (await issue(api, car["id"], paymentMethod="corporate:3")).status == 202
    tag = await active(api, car["id"])
    assert (tag["type"], tag["userId"], tag["vehicleType"]) == ("emaid", car["userId"], "company_car")
    assert (tag["status"], tag["paymentMethodId"]) == ("enabled", "corporate:3")
    assert tag["idTagUid"].startswith("DEOHMC")
    assert tag["idLabel"] == printed(tag["idTagUid"])
    [shown] = await issued(api, car["id"])
    assert shown == {
        "id": tag["id"], "type": "emaid", "name": tag["idLabel"], "paymentMethod": "corporate:3", "status": "active",
        "expireAt": tag["expireAt"],
    }  # fmt: skip
    listed = (await api.get(PATH)).data
    assert [row["idTags"] for row in listed] == [[shown]]


async def test_two_that_ask_at_once_get_one(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    answers = await asyncio.gather(*(issue(api, car["id"]) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [202, 406, 406]
    [tag] = await issued(api, car["id"])
    answers = await asyncio.gather(*(reissue(api, tag["id"]) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [202, 406, 406]
    assert sorted(one["status"] for one in await issued(api, car["id"])) == ["active", "disabled"]


@pytest.mark.parametrize("payment", [None, "auto"])
async def test_ways_to_pay(api: Client, given: Given, issuer: None, payment: str | None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"], paymentMethod=payment)
    assert (await active(api, car["id"]))["paymentMethodId"] == payment


@pytest.mark.parametrize("payment", ["cash", "12", "corporate:3"])
async def test_a_way_to_pay_that_is_none(api: Client, given: Given, issuer: None, payment: str) -> None:
    answer = await issue(api, (await vehicle(given))["id"], paymentMethod=payment)
    assert (answer.status, list(answer.body["errors"])) == (422, ["paymentMethod"])


async def test_the_contract_is_one_of_our_authority(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    assert (await export(api, car["id"])).status == 404
    await issue(api, car["id"])
    emaid = (await active(api, car["id"]))["idTagUid"]
    contract = (await export(api, car["id"])).body
    assert contract["emaid"] == emaid
    certificate = x509.load_pem_x509_certificate(contract["certificate"].encode())
    root = x509.load_pem_x509_certificate(contract["rootCertificate"].encode())
    certificate.verify_directly_issued_by(root)
    async with given.system.database.begin() as tx:
        assert (await given.system.authority.root(tx, "MORootCertificate")).certificate == root
    [name] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert kept(str(name.value)) == emaid
    assert len(name.value) == 15
    key = load_pem_private_key(contract["privateKey"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.public_key() == certificate.public_key()
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.key_agreement
    assert not usage.key_cert_sign


async def test_keys_lie_encrypted(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"])
    async with given.system.database.read() as tx:
        assert b"PRIVATE KEY" not in bytes(await tx.value(select(stored.c.private_key)))


async def test_one_emaid_is_active_at_a_time(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"])
    refused = await issue(api, car["id"])
    assert (refused.status, "active already" in refused.body["message"]) == (406, True)
    first = await active(api, car["id"])
    await api.patch(f"{TAGS}/{first['id']}", {"status": "disabled"})
    assert (await issue(api, car["id"])).status == 202
    again = await api.patch(f"{TAGS}/{first['id']}", {"status": "enabled"})
    assert (again.status, again.body["errors"]) == (422, {"status": ["Another EMAID has been issued in its place."]})
    await api.delete(f"{TAGS}/{(await active(api, car['id']))['id']}")
    assert (await api.patch(f"{TAGS}/{first['id']}", {"status": "enabled"})).status == 200


async def test_one_that_has_run_out_makes_way(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"])
    first = await active(api, car["id"])
    await api.patch(f"{TAGS}/{first['id']}", {"expireAt": "2020-01-01T00:00:00Z"})
    assert (await export(api, car["id"])).status == 404
    assert (await issue(api, car["id"])).status == 202
    assert [one["status"] for one in await issued(api, car["id"])] == ["disabled", "active"]


async def test_nobody_issues_what_is_switched_off_or_has_no_name(api: Client, given: Given) -> None:
    car, tag = await vehicle(given), await given.id_tag()
    for act in (issue(api, car["id"]), reissue(api, tag["id"])):
        assert (await act).status == 501
    await put(given, countryCode="DE")
    assert (await issue(api, car["id"])).status == 501
    await put(given, providerId="OHM", enablePlugAndCharge=False)
    for act in (issue(api, car["id"]), reissue(api, tag["id"])):
        answer = await act
        assert (answer.status, answer.body["message"]) == (404, "Feature disabled for the system")
    await put(given, enablePlugAndCharge=True)
    assert (await issue(api, car["id"])).status == 202
    assert (await issue(api, 999)).status == 404


@pytest.mark.parametrize("wrong", [{"countryCode": "de"}, {"countryCode": "DEU"}, {"providerId": "OHMS"}])
async def test_settings_that_make_no_emaid(given: Given, wrong: dict[str, str]) -> None:
    with pytest.raises(settings.Invalid):
        await put(given, **wrong)


async def test_the_api_shows_no_settings_of_this(api: Client, given: Given, issuer: None) -> None:
    assert "plugAndCharge" not in (await api.get("/resources/settings/v1.0")).data


# Reissuing


async def test_another_takes_its_place_at_once(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"], paymentMethod=await given.payment_method(car["userId"]))
    first = await active(api, car["id"])
    mover = int((await given.user())["id"])
    await api.patch(f"{TAGS}/{first['id']}", {"userId": mover, "externalId": "x"})
    contract = (await export(api, car["id"])).body
    assert (await reissue(api, first["id"])).status == 202
    second = await active(api, car["id"])
    assert [one["status"] for one in await issued(api, car["id"])] == ["disabled", "active"]
    assert second["idTagUid"] != first["idTagUid"]
    assert (second["userId"], second["paymentMethodId"], second["externalId"]) == (mover, "auto", "x")
    assert await status(given, contract) == "revoked"
    assert await status(given, (await export(api, car["id"])).body) == "good"
    here = await site(given)
    assert (await here.presents(first["idTagUid"])).status == "blocked"
    assert (await here.presents(second["idTagUid"])).status == "accepted"
    assert (await reissue(api, first["id"])).status == 406
    assert (await reissue(api, (await given.id_tag())["id"])).status == 406
    answer = await api.patch(f"{TAGS}/{first['id']}", {"status": "enabled"})
    assert answer.body["errors"].keys() == {"status"}


async def test_one_that_was_reissued_comes_back_no_more(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"])
    first = await active(api, car["id"])
    await reissue(api, first["id"])
    await api.delete(f"{TAGS}/{(await active(api, car['id']))['id']}")
    answer = await api.patch(f"{TAGS}/{first['id']}", {"status": "enabled"})
    assert answer.body["errors"] == {"status": ["The contract of the EMAID has ended."]}
    assert (await reissue(api, first["id"])).status == 202


async def status(given: Given, contract: dict[str, Any]) -> str | None:
    """What a station is told of a contract's certificate."""
    pems = (contract["certificate"], contract["rootCertificate"])
    certificate, root = (x509.load_pem_x509_certificate(one.encode()) for one in pems)
    responders = Responders(given.system.database, given.system.clock, Outbound())
    wanted = CertificateStatusWanted(
        charge_point_id=1, hash=hashed(certificate, root), responder_url="http://nowhere.invalid/"
    )
    return (await responders.status(wanted)).meaning


async def test_an_emaid_is_what_was_issued(api: Client, given: Given, issuer: None) -> None:
    car, card = await vehicle(given), await given.id_tag()
    await issue(api, car["id"])
    tag = await active(api, car["id"])
    for key, change, field in (
        (tag["id"], {"idTagUid": "DEOHMC00000000"}, "idTagUid"), (tag["id"], {"type": "rfid"}, "type"),
        (card["id"], {"type": "emaid"}, "type"),
    ):  # fmt: skip
        answer = await api.patch(f"{TAGS}/{key}", change)
        assert (answer.status, list(answer.body["errors"])) == (422, [field])
    shown = {name: value for name, value in tag.items() if name != "type"}  # no body says that one is an EMAID
    same = await api.patch(f"{TAGS}/{tag['id']}", shown | {"idLabel": "Mine"})
    assert same.status == 200, same.body
    older = {"rfidTagUid": tag["idTagUid"], "status": "suspended"}
    assert (await api.patch(f"/resources/rfid-tags/v1.0/{tag['id']}", older)).status == 200
    wrong = await api.patch(f"/resources/rfid-tags/v1.0/{tag['id']}", older | {"rfidTagUid": "A"})
    assert list(wrong.body["errors"]) == ["rfidTagUid"]


async def test_an_emaid_that_is_deleted_has_no_contract(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"])
    contract = (await export(api, car["id"])).body
    await api.delete(f"{TAGS}/{(await active(api, car['id']))['id']}")
    assert await status(given, contract) == "revoked"
    assert await issued(api, car["id"]) == []


# What they hang on


async def test_emaids_follow_their_vehicle(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    card = await given.payment_method(car["userId"])
    await issue(api, car["id"], paymentMethod=card)
    buyer = int((await given.user())["id"])
    await api.patch(f"{PATH}/{car['id']}", {"name": "x", "vehicleType": "private"})
    tag = await active(api, car["id"])
    assert (tag["userId"], tag["paymentMethodId"]) == (car["userId"], card)
    await api.patch(f"{PATH}/{car['id']}", {"userId": buyer, "vehicleType": "private"})
    tag = await active(api, car["id"])
    assert (tag["userId"], tag["vehicleType"], tag["paymentMethodId"]) == (buyer, "private_car", "auto")


async def test_a_vehicle_that_charges_stays(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"])
    refused = await api.delete(f"{PATH}/{car['id']}")
    assert (refused.status, "active" in refused.body["message"]) == (409, True)
    tag, contract = await active(api, car["id"]), (await export(api, car["id"])).body
    await api.patch(f"{TAGS}/{tag['id']}", {"status": "suspended"})
    assert await status(given, contract) == "good"
    assert (await api.delete(f"{PATH}/{car['id']}")).status == 204
    assert await status(given, contract) == "revoked"
    assert (await api.get(f"{TAGS}/{tag['id']}")).data["status"] == "suspended"
    assert (await api.patch(f"{TAGS}/{tag['id']}", {"status": "enabled"})).status == 422
    assert (await reissue(api, tag["id"])).status == 406


async def test_vehicles_go_with_their_user(api: Client, given: Given, issuer: None) -> None:
    car = await vehicle(given)
    await issue(api, car["id"])
    tag, contract = await active(api, car["id"]), (await export(api, car["id"])).body
    assert (await api.delete(f"/resources/users/v1.0/{car['userId']}")).status == 204
    assert (await api.get(f"{PATH}/{car['id']}")).status == 404
    assert (await api.get(f"{TAGS}/{tag['id']}")).status == 404
    assert await status(given, contract) == "revoked"


async def test_a_partner_has_the_vehicles_of_its_users(api: Client, given: Given, issuer: None) -> None:
    foreign = await vehicle(given)
    await issue(api, foreign["id"])
    partner = await given.client("*", partner_id=71)
    try:
        user = await partner.post("/resources/users/v1.0", {"email": "own@example.org", "password": "correct horse"})
        body = {"pcId": pcid(), "name": "x", "vehicleType": "private", "userId": int(user.data["id"])}
        own = (await partner.post(PATH, body)).data
        assert (await issue(partner, own["id"])).status == 202
        tag = (await partner.get(f"{PATH}/{own['id']}")).data["idTags"][0]
        assert (await partner.get(f"{TAGS}/{tag['id']}")).data["partnerId"] == 71
        assert (await reissue(partner, tag["id"])).status == 202
        assert (await issue(partner, foreign["id"])).status == 404
        assert (await reissue(partner, (await active(api, foreign["id"]))["id"])).status == 404
        assert (await export(partner, own["id"])).status == 403
        assert [one["id"] for one in (await partner.get(PATH)).data] == [own["id"]]
        answer = await partner.patch(f"{PATH}/{own['id']}", {"userId": foreign["userId"]})
        assert answer.body["errors"].keys() == {"userId"}
        taken = await partner.post(PATH, body | {"pcId": foreign["pcId"]})
        assert taken.body["errors"] == {"pcId": ["The pc id cannot be used."]}
    finally:
        await partner.close()


# At charge points


@pytest.mark.parametrize("form", ["kept", "printed", "checked"])
async def test_a_charge_on_a_contract(api: Client, given: Given, issuer: None, form: str) -> None:
    car = await vehicle(given)
    await issue(api, car["id"])
    emaid = (await active(api, car["id"]))["idTagUid"]
    text = {"printed": printed(emaid), "checked": printed(emaid).replace("-", "").lower()}.get(form, emaid)
    here = await site(given)
    assert (await here.presents(text)).status == "accepted"
    transaction, verdict = await here.starts(text)
    assert verdict.status == "accepted"
    stopped = await here.stops(transaction, later(30), 3000, id_tag=text)
    assert stopped is not None
    assert stopped.status == "accepted"
    row = await here.only_session()
    assert (row["id_tag"], row["user_id"], row["status"]) == (emaid, car["userId"], "finished")
    [authorization] = (await api.get("/resources/authorizations/v2.0")).data
    assert (authorization["method"], authorization["idTagUid"]) == ("plug_and_charge_iso15118", emaid)
    wrong = printed(emaid)[:-1] + ("0" if printed(emaid)[-1] != "0" else "1")
    assert (await here.presents(wrong)).status == "invalid"


async def test_a_card_that_reads_like_an_emaid_is_a_card(given: Given) -> None:
    user = int((await given.user())["id"])
    await given.id_tag(idTagUid="DE-OHM-C0A0B7K42-A", userId=user)
    here = await site(given)
    assert (await here.presents("DE-OHM-C0A0B7K42-A")).status == "accepted"
    assert (await here.presents("DEOHMC0A0B7K42")).status == "invalid"


async def test_what_a_certificate_is_worth(api: Client, given: Given, issuer: None) -> None:
    car, other = await vehicle(given), await vehicle(given)
    for key in (car["id"], other["id"]):
        await issue(api, key)
    own, foreign = (await export(api, car["id"])).body, (await export(api, other["id"])).body
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1()).public_key()
    async with given.system.database.begin() as tx:
        root = await given.system.authority.root(tx, "MORootCertificate")
    namesake = new_root("Ohmstead Mobility Operator Root", now)

    async def worth(chain: str, emaid: str = own["emaid"]) -> str:
        async with given.system.database.begin() as tx:
            return await contracts.contract_presented(
                tx, ContractPresented(charge_point_id=1, emaid=emaid, chain=chain)
            )

    forged, unknown = (pem(contract_certificate(by, own["emaid"], key, now)) for by in (namesake, root))
    old = pem(contract_certificate(root, own["emaid"], key, now - timedelta(days=999)))
    early = pem(contract_certificate(root, own["emaid"], key, now + timedelta(days=2)))
    elsewhere = pem(contract_certificate(new_root("Elsewhere", now), own["emaid"], key, now))
    assert await worth(own["certificate"]) == "Accepted"
    assert await worth(own["certificate"] + own["rootCertificate"], printed(own["emaid"])) == "Accepted"
    found = [await worth(one) for one in (foreign["certificate"], forged, unknown, old, early, elsewhere, "", "PEM")]
    assert found == [
        "CertChainError", "SignatureError", "CertChainError", "CertificateExpired", "CertificateExpired",
        "CertChainError", "CertChainError", "CertChainError",
    ]  # fmt: skip
    await reissue(api, (await active(api, car["id"]))["id"])
    assert await worth(own["certificate"]) == "CertificateRevoked"


class Listing(Gateway):
    """A station that keeps a list."""

    version = 0

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        outcome = await super().call(charge_point_id, command)
        if isinstance(command, GetLocalListVersion):
            return Outcome(status="Accepted", list_version=self.version)
        if isinstance(command, SendLocalList):
            self.version = command.version
        return outcome

    def sent(self) -> list[tuple[bool, list[tuple[str, bool]]]]:
        lists = [command for _, command in self.commands if isinstance(command, SendLocalList)]
        self.commands.clear()
        return [(one.adds, [(tag.id_tag, tag.admitted) for tag in one.tags]) for one in lists]


@pytest.fixture
def gateway() -> Iterator[Listing]:
    found = Listing()
    back = stations.provide(found)
    yield found
    back()


async def test_lists_of_stations_hear_of_it(api: Client, given: Given, issuer: None, gateway: Listing) -> None:
    car, here = await vehicle(given), await site(given)
    await issue(api, car["id"])
    first = await active(api, car["id"])
    send = f"/actions/charge-point/v1.0/{here.id}/send-local-list"
    await api.post(send)
    assert gateway.sent() == [(False, [(first["idTagUid"], True)])]
    work = OutdatedLists(given.system.database, given.system.clock)
    await upkeep(work)
    assert gateway.sent() == []
    at = given.system.clock.now()
    await here.tells(presence.disconnected, Disconnected(charge_point_id=here.id, at=at))
    await reissue(api, first["id"])
    second = await active(api, car["id"])
    await upkeep(work)
    assert gateway.sent() == []
    await here.tells(presence.connected, Connected(charge_point_id=here.id, version="1.6", remote_ip="::1", at=at))
    gateway.answer = "Failed"
    await upkeep(work)
    assert len(gateway.sent()) == 1
    gateway.answer = "Accepted"
    await upkeep(work)
    assert gateway.sent() == []  # not so soon
    async with given.system.database.begin() as tx:
        await tx.run(update(local_list).values(due_at=tx.now - timedelta(seconds=1)))
    await upkeep(work)
    assert gateway.sent() == [(False, [(second["idTagUid"], True)])]  # what it held was unknown
    await reissue(api, second["id"])
    third = await active(api, car["id"])
    await upkeep(work)
    assert gateway.sent() == [(True, [(second["idTagUid"], False), (third["idTagUid"], True)])]
    await api.patch(f"{TAGS}/{third['id']}", {"status": "disabled"})
    await upkeep(work)
    assert gateway.sent() == [(True, [(third["idTagUid"], False)])]


async def upkeep(work: OutdatedLists) -> None:
    await work.start_due()
    await work.settled()
