"""Members of staff are told by e-mail that somebody must look at once, one after the other, until one of them does."""
