"""The drill of a restore, of keys and of time, on two PostgreSQL servers: what must hold does, and else it says so."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app import clock
from app.core import incarnation, key_marks
from app.core.crypto import Keyring
from app.messages.receiving import restoring
from app.messages.sending import closed_numbers
from app.messages.sending.closed_numbers import Numbers
from app.rehearsal import restore_drill
from app.rehearsal.drilled_trial import DRILLED
from app.rehearsal.restore_drill import drill
from app.rehearsal.time_drill import zone_of_noon
from tests.factories import command


def test_f39_a_trial_comes_back_elsewhere_with_no_text_twice_and_no_link_crossed(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    with app.app_context():
        drilled = drill(app.extensions["settings"])
    assert drilled.wrong == ()
    assert drilled.texts == 6 * DRILLED + 2, "an invitation each, and what two were answered who wrote to us"
    assert (drilled.for_key, drilled.for_time) == (DRILLED, DRILLED)
    assert 0 < drilled.rpo_seconds < drilled.rto_seconds + 60
    said = capsys.readouterr().out
    for line in (
        "The audit trail holds: ",
        "1 exports are what they were, byte by byte.",
        "Wrote STOP since, and get no more texts: 01-007.",
        "Wrote something since that nobody can read any more; call them: 01-008.",
        f"{DRILLED} numbers were texted since that are nobody's here: enrol these people anew.",
        "\n  01-001 d7\n",
        "\n  01-009 d7\n",  # whose text left after the back-up
        f"{DRILLED} texts in the queue had left already and are not sent again.",
    ):
        assert line in said


DOES_NOT_HOLD = (
    "a text rang 2 times",
    "a link opened the visit of somebody else",
    f"{DRILLED} codes were given to somebody else",
    f"{DRILLED} texts were suppressed because the key was another",
    "readiness did not say that the key is another",
    "web and clock would have started with another key",
    f"an hour back, {DRILLED} texts left",
    "an hour back, an export was made",
    "an hour back, these jobs of the clock ran: deliver, expire, export, plan, queue",
    "two days ahead, these jobs of the clock ran: deliver, expire, export, plan, queue",
)


def test_the_drill_says_what_does_not_hold(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sequences and codes that go on where they were, links bound to numbers alone, and nobody who asks what has left;
    numbers that do not open taken for none, keys that nobody proves; nobody who holds the machine's time to the
    database's.
    """
    signed, opened = Keyring.sign_link, closed_numbers.open_numbers

    def unbound(self: Keyring, assessment_id: int, version: int, mark: Any = None, key_id: Any = None) -> Any:
        return signed(self, assessment_id, version, None, key_id)

    monkeypatch.setattr(Keyring, "sign_link", unbound)
    monkeypatch.setattr(incarnation, "move_sequences", lambda owner_url: 0)
    monkeypatch.setattr(restoring, "forget_numbers", lambda: None)
    monkeypatch.setattr(restoring, "recover", lambda *_: 0)
    monkeypatch.setattr(closed_numbers, "open_numbers", lambda rows: Numbers(opened(rows).opened, frozenset()))
    monkeypatch.setattr(key_marks, "hold", lambda *_, **__: None)
    monkeypatch.setattr(clock, "is_off", lambda *_: False)
    with app.app_context():
        wrong = drill(app.extensions["settings"]).wrong
    assert set(DOES_NOT_HOLD) <= set(wrong)


@pytest.mark.parametrize("hour", range(24))
def test_the_drill_of_the_time_is_played_at_noon_whatever_the_hour(hour: int) -> None:
    at = datetime(2026, 11, 27, hour, 59, 59, tzinfo=UTC)
    assert at.astimezone(ZoneInfo(zone_of_noon(at))).hour == 12


@pytest.mark.parametrize(("wrong", "ends"), [((), 0), (("a text rang 2 times", "01-007 was silenced"), 1)])
def test_the_command_says_how_it_went_and_ends_with_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch, wrong: tuple[str, ...], ends: int
) -> None:
    monkeypatch.setattr(restore_drill, "drill", lambda settings: restore_drill.Drilled(2.34, 5.0, 38, 6, 5, wrong))
    done = command(app, "ops", "drill")
    assert done.exit_code == ends
    assert done.output.splitlines() == [
        "RPO: 2.3 s of the day are lost, as long as the back-up was old.",
        "RTO: 5.0 s until texts leave again; 38 texts rang.",
        "Keys: 6 texts fell due under another key; 6 rang when it was right again.",
        "Time: 6 texts were due while the time was wrong; 5 rang when it was right again.",
        *(f"DOES NOT HOLD: {what}" for what in wrong),
    ]
