"""The ledger: every movement of money as an entry that takes from one account and gives to another (money.md, rule 11).

Entries are never changed, which the database sees to, and each has a key of its own, so that an effect that is worked
out twice is posted once. A balance is the sum of entries; it is kept beside them for speed, and `check` compares.
"""

from ohmstead.rooms.billing.ledger.accounts import Account, balance_of
from ohmstead.rooms.billing.ledger.check import faults, totals
from ohmstead.rooms.billing.ledger.entries import Entry, post

__all__ = ["Account", "Entry", "balance_of", "faults", "post", "totals"]
