"""A value set that came as a table is kept once under its name, and found beside those that ship."""

from datetime import UTC, datetime
from itertools import product

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.problems import Conflict
from app.instruments import UnknownValueSet
from app.instruments.value_set_files import value_set_ids
from app.studies.models import ImportedValueSet
from app.studies.value_sets import import_value_set, named

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ABOUT = {"country": "Norway", "method": "crosswalk", "citation": "Made up for a test", "doi": "10.1000/1"}


def sheet(worst: str = "-0.5") -> bytes:
    """A table of all 3,125 states: full health is 1, every other the same."""
    profiles = ("".join(levels) for levels in product("12345", repeat=5))
    lines = (f"{profile},{1 if profile == '11111' else worst}" for profile in profiles)
    return ("profile,index\n" + "\n".join(lines) + "\n").encode()


def test_an_imported_set_is_found_by_its_name(session: Session) -> None:
    row = import_value_set("crosswalk", sheet(), ABOUT, NOW)
    session.flush()
    assert (row.name, row.about, row.imported_at) == ("crosswalk", ABOUT, NOW)
    assert named("crosswalk").id == "crosswalk"


def test_the_same_table_again_changes_nothing(session: Session) -> None:
    first = import_value_set("crosswalk", sheet(), ABOUT, NOW)
    session.flush()
    assert import_value_set("crosswalk", sheet(), ABOUT, NOW) is first
    assert session.scalar(select(func.count(ImportedValueSet.id))) == 1


def test_another_table_needs_another_name(session: Session) -> None:
    import_value_set("crosswalk", sheet(), ABOUT, NOW)
    session.flush()
    with pytest.raises(Conflict, match="another value set crosswalk"):
        import_value_set("crosswalk", sheet("-0.4"), ABOUT, NOW)
    import_value_set("crosswalk-2", sheet("-0.4"), ABOUT, NOW)
    assert session.scalar(select(func.count(ImportedValueSet.id))) == 2


def test_the_name_of_one_that_ships_is_taken_and_finds_it(session: Session) -> None:
    shipped = sorted(value_set_ids())[0]
    assert named(shipped).id == shipped
    with pytest.raises(Conflict, match="choose another name"):
        import_value_set(shipped, sheet(), ABOUT, NOW)


def test_a_name_that_nobody_gave_is_unknown(session: Session) -> None:
    with pytest.raises(UnknownValueSet):
        named("crosswalk")
