"""Days that nobody means, as people and programs write them: no calendar's, no century's, or of another notation."""

NO_DAYS = ("2026-02-29", "2026-13-01", "2026-04-31", "0000-01-01", "2026-W14-2", "20260407", "2026-097", "7.4.26", "")
"""What no calendar has, or is written in another way."""
NO_CENTURY = ("0001-01-01", "0026-04-07", "1800-04-07", "2226-04-07", "9999-12-31")
"""Days that there are, of years that nobody means."""
ODD_DAYS = (*NO_DAYS, *NO_CENTURY)
