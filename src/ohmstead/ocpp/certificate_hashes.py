"""Certificate hashes: how messages of every version name a certificate."""

from typing import Any, Protocol

from ohmstead.engines.pki import CertificateHash


class HashData(Protocol):
    """`CertificateHashDataType` of any version."""

    @property
    def hash_algorithm(self) -> Any: ...

    @property
    def issuer_name_hash(self) -> str: ...

    @property
    def issuer_key_hash(self) -> str: ...

    @property
    def serial_number(self) -> str: ...


def told(hash: CertificateHash) -> dict[str, Any]:
    """The fields of a `CertificateHashDataType`."""
    return {
        "hash_algorithm": hash.algorithm,
        "issuer_name_hash": hash.issuer_name,
        "issuer_key_hash": hash.issuer_key,
        "serial_number": hash.serial,
    }


def understood(data: HashData) -> CertificateHash:
    """The certificate that is meant."""
    return CertificateHash(data.hash_algorithm, data.issuer_name_hash, data.issuer_key_hash, data.serial_number)
