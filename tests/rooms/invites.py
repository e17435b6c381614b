"""Users whom partners invited, as tests of who may do what need them."""

from typing import Any

from tests.given import Given

ACCESS = {"allowAccessToPrivateChargePoints": True}


async def partner(given: Given) -> int:
    """A partner's id."""
    return (await given.partner())["id"]


async def invited(given: Given, partner_id: int, user_id: int, options: dict[str, Any] = ACCESS) -> int:
    """An invite of a partner that a user accepted; its id."""
    wish = {"partnerId": partner_id, "sendViaEmail": False, "options": options}
    invite = await given.made("/resources/partner-invites/v1.0", wish)
    link = {"token": invite["acceptUrl"].rsplit("/", 1)[1], "userId": user_id}
    answer = await given.api.post("/internal/partner-invites/v1.0/accept", link)
    assert answer.status == 200, answer.body
    return invite["id"]
