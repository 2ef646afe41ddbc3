"""Sign-in by a hospital's own identity provider: what it says of itself, what we ask it, what it says of a person."""
