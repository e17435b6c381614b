"""A station's certificates: its own with the key it made, and the roots it trusts."""

import base64
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.ocsp import OCSPRequestBuilder, load_der_ocsp_response
from cryptography.x509.oid import NameOID

CSMS = "CSMSRootCertificate"


@dataclass
class Certificates:
    """`key` and `chain` (PEM) are what the station proves itself by; `roots` (PEM) by their type are whom it trusts."""

    key: str = ""
    chain: str = ""
    roots: dict[str, list[str]] = field(default_factory=dict)
    _asked_with: ec.EllipticCurvePrivateKey | None = None

    def request(self, identity: str, vendor: str) -> str:
        """A certificate signing request (PEM) with a new key, which is kept until it is answered."""
        self._asked_with = ec.generate_private_key(ec.SECP256R1())
        subject = [
            x509.NameAttribute(NameOID.COMMON_NAME, identity),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, vendor),
        ]
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
        return builder.sign(self._asked_with, SHA256()).public_bytes(Encoding.PEM).decode()

    def take(self, chain: str) -> bool:
        """Use this certificate from now on; False where it is not the one that was asked for, or nobody is trusted who
        issued it."""
        try:
            certificate = x509.load_pem_x509_certificates(chain.encode())[0]
        except ValueError:
            return False
        key = self._asked_with
        if key is None or _bytes(key.public_key()) != _bytes(certificate.public_key()) or not self._trusts(certificate):
            return False
        self.key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.chain, self._asked_with = chain, None
        return True

    def install(self, type: str, certificate: str) -> bool:
        """Trust a root from now on; False where it is no certificate."""
        try:
            x509.load_pem_x509_certificate(certificate.encode())
        except ValueError:
            return False
        known = self.roots.setdefault(type, [])
        if certificate not in known:
            known.append(certificate)
        return True

    def delete(self, hash: dict[str, Any]) -> str:
        """The status of DeleteCertificate: the station's own is not given up (2.0.1, M04.FR.06)."""
        if self.chain and any(self._is_own(root, hash) for root in self.roots.get(CSMS, [])):
            return "Failed"
        for certificates in self.roots.values():
            for one in certificates:
                if _same(hashed(one), hash):
                    certificates.remove(one)
                    return "Accepted"
        return "NotFound"

    def status_request(self) -> dict[str, Any]:
        """By what the status of its own certificate is asked for; ValueError where it has none."""
        roots = self.roots.get(CSMS, [])
        if not (self.chain and roots):
            raise ValueError("there is no certificate, or no root above it")
        return hashed(self.chain, roots[-1])

    def context(self, proves_itself: bool) -> ssl.SSLContext:
        """How TLS is begun: trusting the roots of the central system, or where there is none those of the machine."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        roots = self.roots.get(CSMS)
        if roots:
            context.load_verify_locations(cadata="".join(roots))
        else:
            context.load_default_certs()
        if proves_itself:
            with TemporaryDirectory() as folder:  # OpenSSL reads from files alone
                chain, key = Path(folder) / "chain.pem", Path(folder) / "key.pem"
                chain.write_text(self.chain)
                key.write_text(self.key)
                context.load_cert_chain(chain, key)
        return context

    def _trusts(self, certificate: x509.Certificate) -> bool:
        """Where no root is known, nothing can be said against it."""
        roots = [x509.load_pem_x509_certificate(root.encode()) for root in self.roots.get(CSMS, [])]
        return not roots or any(root.subject == certificate.issuer for root in roots)

    def _is_own(self, root: str, hash: dict[str, Any]) -> bool:
        return _same(hashed(self.chain, root), hash)


def hashed(certificate: str, issuer: str | None = None) -> dict[str, Any]:
    """A certificate's CertificateHashDataType; without an issuer it is its own."""
    own = x509.load_pem_x509_certificate(certificate.encode())
    above = x509.load_pem_x509_certificate((issuer or certificate).encode())
    asked = OCSPRequestBuilder().add_certificate(own, above, SHA256()).build()
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": asked.issuer_name_hash.hex(),
        "issuerKeyHash": asked.issuer_key_hash.hex(),
        "serialNumber": f"{asked.serial_number:x}",
    }


def status_in(result: str) -> str:
    """What an OCSP response (base64) says."""
    return load_der_ocsp_response(base64.b64decode(result)).certificate_status.name


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {name: one[name].lower() for name in one} == {name: str(other.get(name)).lower() for name in one}


def _bytes(key: Any) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
