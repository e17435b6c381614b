"""Top-ups: money that users buy for their balance."""
