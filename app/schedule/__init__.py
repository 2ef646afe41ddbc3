"""Who is due when: from a protocol's visits and a participant's day 0 to instants."""
