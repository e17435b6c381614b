"""Presented certificates: what is handed in of a contract by whoever could not verify it."""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from ohmstead.engines.pki.statuses import StatusRefused


def presented(chain: str, root: x509.Certificate, now: datetime) -> x509.Certificate:
    """The certificate at the head of a chain (PEM) where the root has signed it and it counts today. StatusRefused
    with OCPP's word for it otherwise; what else the chain holds is no matter, for nothing stands between them."""
    try:
        found = x509.load_pem_x509_certificates(chain.encode())[0]
        found.verify_directly_issued_by(root)
    except InvalidSignature:
        raise StatusRefused("SignatureError") from None
    except (ValueError, TypeError):
        raise StatusRefused("CertChainError") from None
    if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
        raise StatusRefused("CertificateExpired")
    return found
