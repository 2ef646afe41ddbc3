"""The rehearsal of any study: its folder is read, its people are made up, and it is played to its end."""
