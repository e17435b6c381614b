"""The rows of certificates: our roots, what they issued, what charge points asked to have signed, what they trust."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, text

from ohmstead.kit.db import table, timestamp

root_certificate = table(
    "root_certificate",
    Column("purpose", Text, nullable=False, unique=True),
    Column("certificate", Text, nullable=False),  # PEM
    Column("private_key", LargeBinary, nullable=False),  # encrypted
    timestamp("not_after", nullable=False),
)

issued_certificate = table(
    "issued_certificate",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), index=True),  # None: the listener's own
    Column("serial", Text, nullable=False, unique=True),  # hexadecimal
    Column("certificate", Text, nullable=False),  # PEM
    Column("private_key", LargeBinary),  # encrypted; of the listener's own alone
    timestamp("not_after", nullable=False),
    timestamp("accepted_at"),  # by the charge point
    timestamp("used_at"),  # first
    timestamp("superseded_at"),  # by a newer one that was used
    timestamp("revoked_at"),
    timestamp("renewal_asked_at"),
)

contract_certificate = table(  # of Plug & Charge, by the root of mobility operators
    "contract_certificate",
    Column("emaid", Text, nullable=False, unique=True),
    Column("serial", Text, nullable=False, unique=True),  # hexadecimal
    Column("certificate", Text, nullable=False),  # PEM
    Column("private_key", LargeBinary, nullable=False),  # encrypted
    timestamp("not_after", nullable=False),
    timestamp("revoked_at"),
)

certificate_request = table(
    "certificate_request",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, index=True),
    Column("request", Text, nullable=False),
    Column("issued_certificate_id", BigInteger, ForeignKey("issued_certificate.id")),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    timestamp("due_at", nullable=False),
    timestamp("finished_at"),
    Column("error", Text),
    Index("ix_certificate_request_due", "due_at", postgresql_where=text("finished_at IS NULL")),
)

installed_certificate = table(
    "installed_certificate",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("type", Text, nullable=False),
    Column("hash_algorithm", Text, nullable=False),
    Column("issuer_name_hash", Text, nullable=False),
    Column("issuer_key_hash", Text, nullable=False),
    Column("serial", Text, nullable=False),
    timestamp("reported_at", nullable=False),
    UniqueConstraint(
        "charge_point_id",
        "type",
        "hash_algorithm",
        "issuer_name_hash",
        "issuer_key_hash",
        "serial",
        name="uq_installed_certificate",
    ),
)
