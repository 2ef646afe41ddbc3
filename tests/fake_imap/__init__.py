"""A mailbox over real sockets, to read what came back."""
