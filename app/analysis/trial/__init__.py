"""A trial's plan, its exported files, and what is derived from them before any model."""
