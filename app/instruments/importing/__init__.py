"""Sheets of other systems made into questionnaires' folders: XLSForm, and REDCap's data dictionary.

What cannot be said here, or was said otherwise than there, is listed; nothing is guessed in silence. What comes out is
a folder to be read, completed (licence, scores, example vectors) and checked like any other.
"""
