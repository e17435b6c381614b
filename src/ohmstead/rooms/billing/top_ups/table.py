"""What was bought by a transaction, as it was offered then."""

from sqlalchemy import BigInteger, Column, ForeignKey, Numeric, UniqueConstraint

from ohmstead.kit.db import table

topup_purchase = table(
    "topup_purchase",
    Column("transaction_id", BigInteger, ForeignKey("payment_transaction.id"), nullable=False),
    Column("bonus", Numeric, nullable=False),  # in the transaction's currency, on top of what it collects
    Column("returned", Numeric, nullable=False, server_default="0"),  # by the provider, and off the balance again
    UniqueConstraint("transaction_id"),
)
