"""Names of columns as a formula library can take them: any name has an alias that is a plain word of Python.

A name may be anything that a data frame can hold: "pre-val", "1", "class", "C". Handed on as it is, "1" would be the
intercept, "C" would hide a function, and "p" would be found inside of "poly". So every name that is more than a plain
word goes in under an alias that spells it in hexadecimal, and comes back as itself in all that people read.
"""

import keyword
import re
import unicodedata
from collections.abc import Iterator

from app.analysis.design.arithmetic import FUNCTIONS
from app.analysis.errors import AnalysisError

FORMULA_TOKEN = re.compile(
    r"`([^`]*)`|((?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([^\W\d][\w.]*)|(\"[^\"]*\"|'[^']*'|.)", re.DOTALL
)
"""A quoted name, a number, a plain name (dots are part of it, as in R), a string or any other character."""
CODERS = frozenset(
    (
        *("bs", "cc", "cr", "cs", "center", "poly", "scale", "standardize", "C", "contr", "I", "hashed", "exp10"),
        *("Treatment", "Poly", "Sum", "Helmert", "Diff"),
    )
)
"""What formulaic offers on the right side beside arithmetic; its lag() shifts over the edge of a patient."""
ROOTS = ("np", "contr")
"""What stands before a dot in the name of a function."""
RESERVED = frozenset((*FUNCTIONS, *CODERS, *ROOTS, "Q", "lag", "Intercept"))
"""Words that would not be taken for a column, or would hide a function if they were."""
ALIAS = re.compile(r"alias_((?:[0-9a-f]{2})*)_")


def alias(name: str) -> str:
    """The name itself if it is a plain word that means nothing else, or a word that spells it."""
    plain = re.fullmatch(r"[^\W\d]\w*", name) and unicodedata.normalize("NFKC", name) == name
    if plain and not (keyword.iskeyword(name) or name in RESERVED or ALIAS.fullmatch(name)):
        return name
    return f"alias_{name.encode().hex()}_"


def name_of(word: str) -> str:
    """The name behind an alias; any other word is the name."""
    match = ALIAS.fullmatch(word)
    return bytes.fromhex(match[1]).decode() if match else word


def quoted(name: str) -> str:
    """A column's name as a formula takes it: in backticks unless it is a plain word."""
    if "`" in name:
        raise AnalysisError(f"The column {name!r} has a backtick in its name, which no formula can hold; rename it.")
    return name if alias(name) == name else f"`{name}`"


def readable(text: str) -> str:
    """A text of the formula library with the names behind its aliases, in backticks where they need them."""
    return ALIAS.sub(lambda match: quoted(name_of(match[0])), text)


def tokens(text: str) -> Iterator[tuple[str, str, str, str]]:
    """(quoted name, number, plain name, other character or string), of which one is not empty."""
    for token in FORMULA_TOKEN.finditer(text):
        quoted_name, number, name, other = (group or "" for group in token.groups())
        yield quoted_name, number, name, other


def aliased(right: str) -> str:
    """The right side of a formula, every name of a column as its alias; functions and options as they are."""
    parts = []
    for token in FORMULA_TOKEN.finditer(right):
        name, _, word, _ = token.groups()
        if word is not None and not is_of_language(word, right[token.end() :]):
            name = word
        parts.append(token[0] if name is None else alias(name))
    return "".join(parts)


def is_of_language(word: str, rest: str) -> bool:
    """Whether a word that nobody quoted is a function, an option of a call or a word of Python, not a column."""
    is_called = re.match(r"\s*(\(|=(?!=))", rest) is not None
    return is_called or keyword.iskeyword(word) or word.split(".")[0] in ROOTS
