"""From the outbox to the provider: claim, send, settle."""
