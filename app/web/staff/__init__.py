"""Who works here: signing in, sessions, and which page asks for which permission."""
