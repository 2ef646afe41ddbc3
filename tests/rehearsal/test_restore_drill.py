"""The drill of a restore, on two PostgreSQL servers: what must hold does, and where it does not the drill says so."""

from typing import Any

import pytest
from flask import Flask

from app.core import incarnation
from app.core.crypto import Keyring
from app.messages.receiving import restoring
from app.rehearsal import restore_drill
from app.rehearsal.restore_drill import GROUP, drill
from tests.factories import command


def test_f39_a_trial_comes_back_elsewhere_with_no_text_twice_and_no_link_crossed(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    with app.app_context():
        drilled = drill(app.extensions["settings"])
    assert drilled.wrong == ()
    assert drilled.texts == 4 * GROUP + 2, "an invitation each, and what two were answered who wrote to us"
    assert 0 < drilled.rpo_seconds < drilled.rto_seconds + 60
    said = capsys.readouterr().out
    for line in (
        "The audit trail holds: ",
        "1 exports are what they were, byte by byte.",
        "Wrote STOP since, and get no more texts: 01-007.",
        "Wrote something since that nobody can read any more; call them: 01-008.",
        f"{GROUP} numbers were texted since that are nobody's here: enrol these people anew.",
        "\n  01-001 d7\n",
        f"{GROUP} texts in the queue had left already and are not sent again.",
    ):
        assert line in said


def test_the_drill_says_what_does_not_hold(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sequences that go on where they were, links bound to numbers alone, and nobody who asks what has left."""
    signed = Keyring.sign_link

    def unbound(self: Keyring, assessment_id: int, version: int, mark: Any = None, key_id: Any = None) -> Any:
        return signed(self, assessment_id, version, None, key_id)

    monkeypatch.setattr(Keyring, "sign_link", unbound)
    monkeypatch.setattr(incarnation, "move_sequences", lambda owner_url: 0)
    monkeypatch.setattr(restoring, "recover", lambda *_: 0)
    with app.app_context():
        wrong = drill(app.extensions["settings"]).wrong
    assert "a text rang 2 times" in wrong
    assert "a link opened the visit of somebody else" in wrong


@pytest.mark.parametrize(("wrong", "ends"), [((), 0), (("a text rang 2 times", "01-007 was silenced"), 1)])
def test_the_command_says_how_it_went_and_ends_with_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch, wrong: tuple[str, ...], ends: int
) -> None:
    monkeypatch.setattr(restore_drill, "drill", lambda settings: restore_drill.Drilled(2.34, 5.0, 26, wrong))
    done = command(app, "ops", "drill")
    assert done.exit_code == ends
    assert done.output.splitlines() == [
        "RPO: 2.3 s of the day are lost, as long as the back-up was old.",
        "RTO: 5.0 s until texts leave again; 26 texts rang.",
        *(f"DOES NOT HOLD: {what}" for what in wrong),
    ]
