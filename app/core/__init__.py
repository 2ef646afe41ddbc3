"""What every package uses and what knows nothing of trials: database, time, crypto, audit, problems."""
