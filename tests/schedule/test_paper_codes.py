"""The code on a paper leads to its own visit, or says that it has a slip in it."""

from itertools import product

import pytest

from app.core.problems import BadInput
from app.schedule.paper_codes import paper_code, read_paper_code
from tests.some import some

CODES = [("01-017", "d154"), ("01-001", "d0"), ("12-003", "d-14"), ("A1-9", "week_12")]


@pytest.mark.parametrize(("participant", "visit"), CODES)
def test_a_code_finds_its_visit_however_it_is_typed(participant: str, visit: str) -> None:
    code = paper_code(participant, visit)
    head, letter = code.rsplit("/", 1)
    for written in (code, f" {code} ", f"{head}/{letter.lower()}", code.replace("/", " / ")):
        assert read_paper_code(written) == (participant, visit)


@pytest.mark.parametrize("written", ["01-017", "+47 406 12 345", "", "01-", "a/b", "a/b/c/d", "//", "01-017//K"])
def test_what_is_no_code_of_a_paper_is_left_to_others(written: str) -> None:
    assert read_paper_code(written) is None


@pytest.mark.parametrize(("participant", "visit"), CODES)
def test_one_wrong_digit_is_told(participant: str, visit: str) -> None:
    code = paper_code(participant, visit)
    places = [place for place, sign in enumerate(code) if sign.isdigit()]
    wrong = [code[:at] + digit + code[at + 1 :] for at, digit in product(places, "0123456789") if code[at] != digit]
    for written in some(wrong):
        with pytest.raises(BadInput, match="has a slip in it"):
            read_paper_code(written)


@pytest.mark.parametrize(("participant", "visit"), CODES)
def test_two_digits_that_changed_places_are_told(participant: str, visit: str) -> None:
    code = paper_code(participant, visit)
    pairs = [at for at in range(len(code) - 1) if (code[at] + code[at + 1]).isdigit() and code[at] != code[at + 1]]
    for at in pairs:
        with pytest.raises(BadInput, match="has a slip in it"):
            read_paper_code(code[:at] + code[at + 1] + code[at] + code[at + 2 :])
    assert len(pairs) >= (participant != "A1-9")
