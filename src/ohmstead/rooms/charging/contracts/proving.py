"""Proving: a station that cannot verify the certificate of a contract hands it in (2.0.1, C07.FR.06)."""

from typing import cast

from ohmstead.engines.pki import StatusRefused
from ohmstead.engines.pki.hashes import serial
from ohmstead.engines.pki.presented import presented
from ohmstead.kit.db import Tx
from ohmstead.rooms.charging.contracts.emaid import kept
from ohmstead.rooms.charging.facts import ContractPresented, ContractWorth
from ohmstead.rooms.devices.certificates.authority import MOBILITY_OPERATOR, authority
from ohmstead.rooms.devices.certificates.contracts import issued_as


async def contract_presented(tx: Tx, fact: ContractPresented) -> ContractWorth:
    """What it is worth: accepted is one of ours, of today, not revoked, and of this EMAID."""
    root = (await authority.current.root(tx, MOBILITY_OPERATOR)).certificate
    try:
        found = presented(fact.chain, root, authority.current.moment())
    except StatusRefused as refused:
        return cast("ContractWorth", str(refused))
    contract = await issued_as(tx, serial(found))
    if contract is None or contract["emaid"] != kept(fact.emaid):
        return "CertChainError"
    return "Accepted" if contract["revoked_at"] is None else "CertificateRevoked"
