"""Svar: patient-reported outcomes for clinical trials."""
