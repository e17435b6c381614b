"""Pages in a real browser; run by scripts/test-web."""
