"""What leaves: one dataset, many writers, a manifest; the same data give the same bytes."""
