"""The questionnaires: structure, words, answers and scores."""
