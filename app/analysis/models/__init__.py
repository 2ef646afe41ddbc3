"""The models one asks for: ANCOVA, cLDA, MMRM, mixed models with random effects, and multiplicity."""
