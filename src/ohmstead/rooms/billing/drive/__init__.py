"""The page of drivers without an account: codes on labels, and charges that are paid by card on the spot."""
