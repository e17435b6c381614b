"""Who may connect and what will be spoken: the question the listener asks for each handshake, and the answers."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from ohmstead.ocpp.connection_settings import ConnectionSettings
from ohmstead.ocpp.versions import Version
from ohmstead.rooms.devices.facts import Proof


class Tls(Struct, frozen=True):
    """That a station came by TLS, and the certificate it showed (DER), which hangs below a root trusted here."""

    certificate: bytes | None


class Admitted(ConnectionSettings, frozen=True, kw_only=True):
    """A charge point we know, with its connection settings. `versions` it may speak ("1.6", "2.0.1", "2.1"); none given
    means any that we speak. `evses` are the outlets that are asked for their status where it does not boot; `proof` is
    how it came in.
    """

    charge_point_id: int
    versions: frozenset[str] = frozenset()
    evses: tuple[int, ...] = ()
    proof: Proof = Proof(0)


class Refused(Struct, frozen=True):
    """An HTTP status (404 unknown identity, 401 not proved, 403 blocked or less secure than before, 429 too many
    attempts, 503 later) and why."""

    status: int
    reason: str


Admit = Callable[[str, bytes | None, Sequence[str], str, Tls | None], Awaitable[Admitted | Refused]]
"""Asked with identity, password (None where none was sent), subprotocols offered, remote IP address, and TLS if it is
spoken."""


def agreed(ours: Sequence[Version], admitted: Admitted, offered: Sequence[str]) -> Version | None:
    """The first of our versions that the station offers and may speak, else the one to assume, else None."""
    allowed = [each for each in ours if not admitted.versions or each.dialect.version in admitted.versions]
    common = (each for each in allowed if each.dialect.subprotocol in offered)
    assumed = (each for each in allowed if each.dialect.version == admitted.assume_version)
    return next(common, None) or next(assumed, None)
