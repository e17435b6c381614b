"""Energy: electricity meters, and what they read."""
