"""Admission: which charge point presents itself, whether it proves to be the one, and whether that is proof enough.

A connection has an OCPP security profile: 3 where it came by TLS with a client certificate, 2 by TLS with a password, 1
with a password alone, else 0. What a charge point has used once is the least it may use from then on, until the
operator resets that (OCPP 1.6 security whitepaper, A05; OCPP 2.0.1, A05).
"""

from typing import Literal

from cryptography import x509
from msgspec import Struct, structs
from sqlalchemy import ARRAY, Text, any_, bindparam, func, select

from ohmstead.engines.pki.hashes import serial
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.devices.certificates.proofs import objection
from ohmstead.rooms.devices.facts import Proof
from ohmstead.rooms.network.charge_points.passwords import NOBODY, matches
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.models import charge_point_model

_numbers = select(func.array_agg(evse.c.network_id)).where(
    evse.c.station_id == charge_point.c.id, evse.c.deleted_at.is_(None)
)
_FOUND = Statement(
    select(
        *(charge_point.c[name] for name in ("id", "status", "communication_mode", "network_id", "network_protocol")),
        *(charge_point.c[name] for name in ("network_password", "current_security_profile", "accepts_any_profile")),
        charge_point_model.c.quirks,
        _numbers.scalar_subquery().label("evse_numbers"),
    )
    .outerjoin(charge_point_model, charge_point_model.c.id == charge_point.c.model_id)
    .where(charge_point.c.network_id == any_(bindparam("identities", type_=ARRAY(Text))))
    .where(charge_point.c.deleted_at.is_(None))
)


class ConnectionAttempt(Struct, frozen=True):
    """What came through the door: who it says to be, its password if it sent one, whether by TLS, and with which client
    certificate (DER)."""

    identity: str
    password: bytes | None = None
    secure: bool = False
    certificate: bytes | None = None


class AdmittedChargePoint(Struct, frozen=True):
    """The charge point that may come in, with the `quirks` of its model and its `evse_numbers`, and how it proved to be
    the one."""

    charge_point: Row
    proof: Proof


class Refusal(Struct, frozen=True):
    """Why it may not."""

    kind: Literal["unknown", "disabled", "password", "certificate", "downgrade"]
    reason: str


UNKNOWN = Refusal("unknown", "unknown charge point")
DISABLED = Refusal("disabled", "the charge point is disabled")
PASSWORD = Refusal("password", "wrong or missing password")


async def admit(tx: Tx, *knocks: ConnectionAttempt) -> list[AdmittedChargePoint | Refusal]:
    """Who comes in, or why not, of each; a wrong password takes as long as an identity that nobody has."""
    rows = await tx.all(_FOUND, identities=[knock.identity for knock in knocks])
    found = {row["network_id"]: row for row in rows}
    return [await _judged(tx, knock, found.get(knock.identity)) for knock in knocks]


async def _judged(tx: Tx, knock: ConnectionAttempt, row: Row | None) -> AdmittedChargePoint | Refusal:
    stored = row["network_password"] if row else NOBODY
    matched = stored is not None and matches(knock.password or b"", stored)
    if row is None or row["communication_mode"] != "direct_ocpp":
        return UNKNOWN
    if row["status"] == "disabled":
        return DISABLED
    proof = await _certified(tx, row, knock) if knock.certificate else _known(knock, stored, matched)
    if isinstance(proof, Refusal):
        return proof
    least = _least(row)
    if proof.profile >= least:
        return AdmittedChargePoint(row, structs.replace(proof, password=stored))
    challenged = proof.profile == 0 and stored is not None and (least == 1 or (least == 2 and knock.secure))
    return PASSWORD if challenged else _downgrade(proof.profile, least)


async def _certified(tx: Tx, row: Row, knock: ConnectionAttempt) -> Proof | Refusal:
    assert knock.certificate is not None
    against = await objection(tx, row["id"], knock.identity, knock.certificate)
    if against is not None:
        return Refusal("certificate", against)
    return Proof(3, serial(x509.load_der_x509_certificate(knock.certificate)))


def _known(knock: ConnectionAttempt, stored: bytes | None, matched: bool) -> Proof | Refusal:
    """Some stations present a password where none is asked for: it proves nothing, and hurts nobody."""
    if stored is None or knock.password is None:
        return Proof(0)
    return Proof(2 if knock.secure else 1) if matched else PASSWORD


def _least(row: Row) -> int:
    """The profile that a connection must have."""
    if row["accepts_any_profile"]:
        return 0
    if row["current_security_profile"] is not None:
        return row["current_security_profile"]
    return 0 if row["network_password"] is None else 1


def _downgrade(profile: int, least: int) -> Refusal:
    return Refusal("downgrade", f"security profile {profile} where {least} was used before")
