"""Contracts of Plug & Charge: the vehicles made for it, and the EMAIDs they charge by."""

from ohmstead.rooms.charging.contracts import changing, following  # noqa: F401 - they register hooks
from ohmstead.rooms.charging.contracts.actions import internal_actions, of_certificates, of_tags
from ohmstead.rooms.charging.contracts.certificates import provisioning_certificates
from ohmstead.rooms.charging.contracts.proving import contract_presented

__all__ = ["contract_presented", "internal_actions", "of_certificates", "of_tags", "provisioning_certificates"]
