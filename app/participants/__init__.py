"""Who takes part: the participant, how to reach her (apart, encrypted), her consent, and what happened to her."""
