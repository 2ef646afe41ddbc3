"""The code on a printed questionnaire, which finds its visit again: pseudonym, visit, a letter that tells of a slip.

The letter is that of a weighted sum modulo 23, a prime above all weights: one wrong digit, or two digits that
changed places, never give the same letter.
"""

from app.core.problems import BadInput

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXY"
SIGNS = "-0123456789abcdefghijklmnopqrstuvwxyz_/"
WRONG = "This code of a paper has a slip in it: {code}. Compare it with the paper, letter by letter."


def paper_code(participant: str, visit: str) -> str:
    """The code of a visit, such as `01-017/d154/K`."""
    return f"{participant}/{visit}/{_letter(f'{participant}/{visit}')}"


def read_paper_code(written: str) -> tuple[str, str] | None:
    """Participant and visit; nothing where it is no such code. BadInput where it is one with a slip."""
    parts = written.replace(" ", "").split("/")
    if len(parts) != 3 or not all(parts):
        return None
    participant, visit, letter = parts
    if letter.upper() != _letter(f"{participant}/{visit}"):
        raise BadInput(WRONG.format(code=written[:60]))
    return participant, visit


def _letter(text: str) -> str:
    total = sum((place % 22 + 1) * _number(sign) for place, sign in enumerate(text))
    return LETTERS[total % 23]


def _number(sign: str) -> int:
    return (SIGNS.find(sign.lower()) + 1) % 23
