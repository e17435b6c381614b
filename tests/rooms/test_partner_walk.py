"""Every operation with tokens bound to partners, on the operator's rows: what they may do there is a list to read."""

import json
import os
from pathlib import Path

from ohmstead.app.rooms import OPERATIONS
from ohmstead.rooms.devices.stations import Command, Outcome
from tests.client import Client
from tests.contract import PartnersGiven
from tests.given import Given
from tests.rooms.charges import Gateway
from tests.rooms.partner_walk import World

LIST = Path(__file__).with_name("partner_walk.json")
WRITE = "OHMSTEAD_WRITE_PARTNER_WALK"


async def walked(client: Client, world: World) -> dict[str, str]:
    """How each operation answered: its status, of a listing how many rows. What takes away comes last."""
    found = {}
    operations = (one for one in OPERATIONS if not one.open)  # which ask for no token
    for operation in sorted(operations, key=lambda one: (one.method == "DELETE", one.path, one.method)):
        answer = await client.request(operation.method, world.path(operation), world.body(operation))
        data = answer.body.get("data") if isinstance(answer.body, dict) else None
        rows = f", {len(data)} rows" if isinstance(data, list) else ""
        found[f"{operation.method} {operation.path}"] = f"{answer.status}{rows}"
    return found


async def agrees(command: Command) -> Outcome:
    return Outcome(status="Accepted", payload={}, list_version=1)


async def test_what_partners_may_do_with_the_operators_rows(api: Client, given: Given, gateway: Gateway) -> None:
    """A partner that has a charge point, a user and a tag of its own, and one that has nothing; and what the operator's
    own token is refused in the same walk, where a partner's refusal therefore shows nothing."""
    gateway.answer = agrees
    world = await World(given).make()
    owner, stranger = await given.client("*", partner_id=71), await given.client("*", partner_id=72)
    own = PartnersGiven(given.system, api, owner)
    await own.evse(await own.charge_point())
    await own.id_tag(userId=int((await own.user())["id"]))
    found = {
        "let to an owner": {one: how for one, how in (await walked(owner, world)).items() if how < "4"},
        "let to a stranger": {one: how for one, how in (await walked(stranger, world)).items() if how < "4"},
        "refused to the operator": {one: how for one, how in (await walked(api, world)).items() if how >= "4"},
    }
    for client in (owner, stranger):
        await client.close()
    if os.environ.get(WRITE):
        LIST.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(LIST.read_text()), f"read what changed, then write it with {WRITE}=1"
