"""Load balancing by a service of the operator's own: the state of a circuit is posted as JSON, limits come back."""

import msgspec

from ohmstead.rooms.operator.outbound import NoAnswer, NotPublic, Outbound
from ohmstead.rooms.power.integrations.interface import BalancingFailed, CircuitState, Limits

WITHIN_S = 5.0
MOST_BYTES = 1_000_000
_decode = msgspec.json.Decoder(Limits).decode


class HttpBalancer:
    """At `url`, which the guard of `outbound` lets pass: public, or listed by the operator."""

    def __init__(self, outbound: Outbound, url: str) -> None:
        self._outbound, self._url = outbound, url

    async def limits(self, state: CircuitState) -> Limits:
        body = msgspec.json.encode(state)
        try:
            answer = await self._outbound.post(self._url, body, "application/json", MOST_BYTES, WITHIN_S)
            return _decode(answer)
        except (NoAnswer, NotPublic, msgspec.DecodeError) as error:
            raise BalancingFailed(str(error)) from None
