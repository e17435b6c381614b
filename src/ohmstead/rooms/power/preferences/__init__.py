"""Personal preferences: what the owner of a personal charge point wants of its charges, and what follows from it."""
