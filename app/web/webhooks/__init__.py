"""What carriers of texts and mails tell us: proven, stored, answered at once. The clock works out what it means."""
