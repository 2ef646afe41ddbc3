"""Scoring: one module per way of scoring, each a function from answers to results, in exact arithmetic.

A module has `VERSION`, raised with every change of what it computes, and `score(answers, settings)`.
"""
