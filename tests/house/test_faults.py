"""Every fault that a test names is described, every one that is described is held by a test, and the page says so."""

from pathlib import Path

import pytest

from docs.faults import FAULTS, PAGE, Fault, named_faults, page

NAMED = named_faults()


def test_the_page_is_made_from_the_tests_as_they_are() -> None:
    assert PAGE.read_text("utf-8") == page(FAULTS, NAMED), "make faults"


def test_every_fault_that_a_test_names_is_described() -> None:
    assert NAMED.keys() <= {fault.number for fault in FAULTS}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"F-{fault.number}")
def test_a_fault_is_held_by_a_test_or_says_why_by_none(fault: Fault) -> None:
    assert bool(NAMED.get(fault.number)) != bool(fault.untested)


def test_the_numbers_have_no_gap_and_never_change_their_meaning() -> None:
    assert [fault.number for fault in FAULTS] == list(range(1, len(FAULTS) + 1))


def test_a_test_is_found_by_its_name_with_file_and_sentence(tmp_path: Path) -> None:
    (tmp_path / "tests" / "web").mkdir(parents=True)
    (tmp_path / "tests" / "web" / "test_edge.py").write_text(
        "def test_f7_it_is_told_once(): ...\ndef test_f12(): ...\ndef test_forty(): ...\ndef f7_helper(): ...\n",
        "utf-8",
    )
    assert named_faults(tmp_path) == {7: [("tests/web/test_edge.py", "it is told once")]}


def test_a_row_leads_to_its_tests_or_says_why_there_is_none() -> None:
    faults = [Fault(1, "it breaks", "it holds"), Fault(2, "it stops", "it goes on", untested="nobody can stop it")]
    written = page(faults, {1: [("tests/test_a.py", "it holds twice")]})
    assert written.splitlines()[-2:] == [
        "| F-1 | it breaks | it holds | [it holds twice](../tests/test_a.py) |",
        "| F-2 | it stops | it goes on | none: nobody can stop it |",
    ]
