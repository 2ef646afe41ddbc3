"""The seam to whoever carries a text: one protocol, Twilio, and the sandbox of practice and tests."""
