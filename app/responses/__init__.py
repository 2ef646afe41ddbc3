"""What comes back: drafts, submissions kept as they came, scores with provenance, corrections on top."""
