"""Authorize: may this tag charge here?"""

from ohmstead.ocpp.v16.tags import id_tag_info
from ohmstead.ocpp.v16.types import AuthorizeRequest, AuthorizeResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import TagPresented


async def answer(request: AuthorizeRequest, at: Arrival) -> AuthorizeResponse:
    verdict = await at.rooms.authorize(
        TagPresented(charge_point_id=at.charge_point_id, id_tag=request.id_tag, received_at=at.received_at)
    )
    return AuthorizeResponse(id_tag_info=id_tag_info(verdict))
