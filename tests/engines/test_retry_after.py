"""What Retry-After asks for, in both of its forms, and in none."""

from datetime import UTC, datetime

import pytest

from ohmstead.engines.retry_after import retry_after_s

NOW = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "s"),
    [
        ("120", 120.0), (" 7 ", 7.0), ("0", 0.0), ("86401", 86_400.0), ("9" * 5_000, 86_400.0),
        ("Mon, 30 Nov 2026 18:02:00 GMT", 120.0), ("Mon, 30 Nov 2026 19:02:00 +0100", 120.0),
        ("Mon, 30 Nov 2026 18:02:00", 120.0), ("Mon, 30 Nov 2026 17:00:00 GMT", 0.0),
        ("Mon, 30 Nov 9999 18:02:00 GMT", 86_400.0), ("Mon Nov 30 18:02:00 2026", 120.0),
        (None, None), ("", None), ("-5", None), ("soon", None), ("1.5", None), ("٣", None), ("²", None),
        ("Mon, 99 Nov 2026 18:02:00 GMT", None), ("Mon, 30 Nov 2026 18:02:00 +9999999999", None),
    ],
)  # fmt: skip
def test_what_is_asked_for(said: str | None, s: float | None) -> None:
    assert retry_after_s(said, NOW) == s
