"""What a study is: its protocol (read, checked, compared), its sites and its texts."""
