"""Questionnaires for who works on the study: as patients see them, and a bench for new ones."""
