"""What is owed: invitations, reminders and what staff ask for become rows of the outbox."""
