"""Scoring: what a definition says in data, compiled to a function; and Python for what data cannot say.

`reading` reads a score's `scoring`, `contradictions` says what is wrong with it, `compiling` makes the function of it,
`describing` the rule in words. A Python module has `VERSION`, raised with every change of what it computes, and
`score(answers, settings)`; `scorers` finds it by the name that the definition gives. All of it in exact arithmetic.
"""
