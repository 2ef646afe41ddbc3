"""An amendment, said in full: nothing that changes is left out, nothing else is named."""

from __future__ import annotations

import pytest

from app.studies.protocol.difference import Change, ChangeKind, difference
from tests.studies.protocol.protocols import SMALL, read, small


def changes(*exchanged: tuple[str, str]) -> tuple[Change, ...]:
    return difference(read(SMALL), read(small(*exchanged)))


D21 = "  - {code: d21, day: 21, window: short, minutes: 2, instruments: [odi]}\nsending:"
D14 = "  - {code: d14, day: 14, window: short, minutes: 2, instruments: [nrs_lbp_week]}\n"

AMENDMENTS = [
    # what is written instead of what; the kind of change; where; before; after
    (D21, "sending:", ChangeKind.VISIT_ADDED, "visits.d21", None, "day 21"),
    ("", D14, ChangeKind.VISIT_REMOVED, "visits.d14", "day 14", None),
    ("code: d14, day: 15", "code: d14, day: 14", ChangeKind.DAY, "visits.d14.day", 14, 15),
    ("opens: -9", "opens: -7", ChangeKind.WINDOW, "visits.d0.window.opens", -7, -9),
    ("closes: 0", "closes: first_dose", ChangeKind.WINDOW, "visits.d0.window.closes", "with the anchor event", 0),
    (
        "[odi]",
        "[odi, nrs_lbp]",
        ChangeKind.INSTRUMENTS,
        "visits.d0.instruments",
        "odi, nrs_lbp",
        "odi",
    ),
    ("minutes: 8", "minutes: 9", ChangeKind.SETTING, "visits.d0.minutes", 9, 8),
    ("Tusen takk.", "Takk.", ChangeKind.TEXT, "messages.start.nb", "{sender}: Takk.", "{sender}: Tusen takk."),
    (
        "Forskerne, en: Us",
        "Forskerne, en: The researchers",
        ChangeKind.TEXT,
        "sites.01.sender.en",
        "The researchers",
        "Us",
    ),
    ("{at: 10:00", "{at: 09:00", ChangeKind.SETTING, "sending.at", "09:00", "10:00"),
    ("zone: Europe/Paris", "zone: Europe/Oslo", ChangeKind.SETTING, "zone", "Europe/Oslo", "Europe/Paris"),
    ("holidays: send", "holidays: wait", ChangeKind.SETTING, "sending.holidays", "wait", "send"),
    ('version: "2"', 'version: "1"', ChangeKind.SETTING, "version", "1", "2"),
]


@pytest.mark.parametrize(("written", "instead_of", "kind", "where", "old", "new"), AMENDMENTS)
def test_one_amendment_is_one_change(
    written: str, instead_of: str, kind: ChangeKind, where: str, old: object, new: object
) -> None:
    amended = changes((instead_of, written))
    assert amended == (Change(kind, where, old, new),)


def test_a_window_counts_at_each_visit_that_uses_it() -> None:
    amended = changes(("{day: 2, at: 12:00}", "{day: 2, at: 13:00}"))
    assert [change.where for change in amended] == ["visits.d7.window.reminders", "visits.d14.window.reminders"]
    assert amended[0].new == "day 1 at 17:00, day 2 at 13:00"


def test_a_windows_new_name_changes_nothing() -> None:
    text = SMALL.replace("short", "brief")
    assert difference(read(SMALL), read(text)) == ()


def test_a_new_site_is_a_change_for_each_of_its_values() -> None:
    third = '  - {code: "03", name: Third, sender: {nb: Vi, en: We}, phone: "+47 21 23 45 63"}\nanchor:'
    assert [(change.where, change.old) for change in changes(("anchor:", third))] == [("sites.03", None)]


def test_equal_protocols_do_not_differ() -> None:
    assert difference(read(SMALL), read(SMALL + "# a remark\n")) == ()


def test_there_and_back_is_the_same_change_reversed() -> None:
    old, new = read(SMALL), read(small(("zone: Europe/Oslo", "zone: Europe/Paris"), (D14, "")))
    there, back = difference(old, new), difference(new, old)
    assert [(c.where, c.old, c.new) for c in there] == [(c.where, c.new, c.old) for c in back]


def test_a_change_can_be_read_aloud() -> None:
    assert [str(change) for change in changes((D14, ""), ("sending:", D21), ("opens: -7", "opens: -9"))] == [
        "visits.d0.window.opens: window changed: -7 -> -9",
        "visits.d14: visit removed: was day 14",
        "visits.d21: visit added: day 21",
    ]
