"""Whether the service is alive and ready, and its figures: for monitors."""
