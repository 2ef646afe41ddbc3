"""Whether it all went well: the books, the figures, the heartbeats."""
