"""Power: circuits, and how their current is shared."""
