"""The front page, the tour of a demonstration, and its telephones."""
