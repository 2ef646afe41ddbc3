"""How long a migration waits for a lock, and works: it gives up rather than let a trial's patients wait behind it."""

LIMITS = ("SET lock_timeout = '5s'", "SET statement_timeout = '10min'")
