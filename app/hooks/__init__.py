"""Other systems are told what happened, at addresses that a study names: an outbox of the same promises as texts.

A fact and what is owed about it are written in one transaction (by triggers, so that no way into the service forgets
it); what is owed is claimed, signed, sent with the network outside of any transaction, tried again for three days, and
then given up with an alert. It goes out at least once: whoever hears it twice knows it by its id.
"""
