"""Authorize: may this token charge here?"""

from ohmstead.ocpp.v201.tokens import id_token_info
from ohmstead.ocpp.v201.types import AuthorizeRequest, AuthorizeResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import TagPresented


async def answer(request: AuthorizeRequest, at: Arrival) -> AuthorizeResponse:
    verdict = await at.rooms.authorize(
        TagPresented(charge_point_id=at.charge_point_id, id_tag=request.id_token.id_token, received_at=at.received_at)
    )
    return AuthorizeResponse(id_token_info=id_token_info(verdict))
