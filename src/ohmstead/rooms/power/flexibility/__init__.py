"""Flexibility: assets whose draw is asked to be lower for a while, what was asked, and what they take."""
