"""How a study ends, and its practice before it: what is put aside, kept for ever, and forgotten."""
