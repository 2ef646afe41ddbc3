"""The people who work here: users, what their roles permit, and the tokens of their programs."""
