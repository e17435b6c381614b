"""Payment terminals: where they stand, and what their tokens may do."""
