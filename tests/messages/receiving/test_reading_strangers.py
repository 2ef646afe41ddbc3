"""What nobody's number wrote is read by somebody, on the record, and put away by nobody unread."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict, NotFound
from app.messages.models import Stranger
from app.messages.receiving.strangers import find_stranger, finish_stranger, read_stranger
from app.studies.confining import confine
from app.studies.installing import site
from app.studies.models import Study, StudyState
from tests.factories import Browser, user
from tests.messages.people import PROTOCOL, enrolled
from tests.messages.phones import Phone
from tests.messages.receiving.strangers import BY, UNKNOWN, only_one, scope_of
from tests.messages.receiving.strangers import phone as phone


@pytest.mark.parametrize(
    ("states", "reading"),
    [
        ((StudyState.CLOSED, StudyState.LIVE), ["second"]),
        ((StudyState.CLOSED, StudyState.SETUP), ["second"]),
        ((StudyState.CLOSED, StudyState.LOCKED), ["backtobasic", "second"]),
        ((StudyState.ARCHIVED, StudyState.LOCKED), ["second"]),
        ((StudyState.ARCHIVED, StudyState.ARCHIVED), ["backtobasic", "second"]),
    ],
)
def test_a_number_that_nobody_has_is_read_by_somebody_whatever_the_studies_are(
    session: Session, phone: Phone, states: tuple[StudyState, StudyState], reading: list[str]
) -> None:
    """Who took part years ago may write too, and nobody else has her words."""
    text = PROTOCOL.read_text("utf-8").replace("study: backtobasic", "study: second")
    phone.participant.study.state, enrolled(2, text=text, phone="+4740000002").study.state = states
    session.commit()
    phone.write("I am unwell", sender=UNKNOWN)
    query = select(Study.code).join(Stranger, Stranger.study_id == Study.id).order_by(Study.code)
    assert session.scalars(query).all() == reading
    row = session.scalars(select(Stranger).order_by(Stranger.id).limit(1)).one()
    assert [each.words for each in read_stranger(row, "user:1", "the daily round", phone.now).texts] == ["I am unwell"]


def test_reading_and_closing_are_on_the_record_and_nothing_is_put_away_unread(session: Session, phone: Phone) -> None:
    phone.write("Hei", sender=UNKNOWN)
    stranger = only_one(session)
    with pytest.raises(BadInput, match="Say why"):
        read_stranger(stranger, BY, " ", phone.now)
    with pytest.raises(Conflict, match="nobody has read"):
        finish_stranger(stranger, BY, "Her new number.", phone.now)
    read_stranger(stranger, BY, "the daily round", phone.now)
    session.commit()
    phone.write("Hallo?", sender=UNKNOWN)
    stranger = only_one(session)
    with pytest.raises(Conflict, match="nobody has read"):
        finish_stranger(stranger, BY, "Her new number.", phone.now)
    read_stranger(stranger, BY, "the daily round", phone.now)
    with pytest.raises(BadInput, match="Say what was done"):
        finish_stranger(stranger, BY, " ", phone.now)
    finish_stranger(stranger, BY, "Her new number.", phone.now)
    session.commit()
    with pytest.raises(Conflict, match="closed this already"):
        finish_stranger(stranger, BY, "Again.", phone.now)
    phone.write("Takk", sender=UNKNOWN)
    rows = session.scalars(select(Stranger).order_by(Stranger.id)).all()
    words_read = [[text.words for text in read_stranger(row, BY, "the daily round", phone.now).texts] for row in rows]
    assert words_read == [["Hei", "Hallo?"], ["Takk"]]
    entries = session.scalars(select(AuditEntry).filter_by(table_name="identifiers.strangers")).all()
    assert entries
    assert UNKNOWN not in str([(entry.old, entry.new) for entry in entries])


def test_a_stranger_is_of_the_study_and_of_no_site(session: Session, phone: Phone) -> None:
    other = enrolled(
        2, text=PROTOCOL.read_text("utf-8").replace("study: backtobasic", "study: other"), phone="+4740000002"
    )
    other.study.state = StudyState.SETUP
    session.commit()
    phone.write("Hei", sender=UNKNOWN)
    stranger, study = only_one(session), phone.participant.study
    for at_site in ("01", "02", None):
        assert find_stranger(scope_of(study, at_site), stranger.id) is stranger
    with pytest.raises(NotFound):
        find_stranger(scope_of(other.study), stranger.id)
    mine, theirs = site(study, "02").id, site(other.study, "01").id
    session.commit()
    for site_ids, seen in (([mine], 1), ([theirs], 0), ([], 0)):
        confine(site_ids)
        session.expire_all()
        assert len(session.scalars(select(Stranger)).all()) == seen
        session.rollback()


def test_staff_read_it_on_the_page_of_today(session: Session, app: Flask, phone: Phone) -> None:
    phone.write("Jeg er <b>Ronja</b>", sender=UNKNOWN)
    stranger = only_one(session)
    browser = Browser(app, user(phone.participant.study, Role.COORDINATOR, "02"))
    address = f"/desk/backtobasic/today/strangers/{stranger.id}"
    page = browser.get("/desk/backtobasic/today/").text
    assert (address in page, UNKNOWN in page, "Ronja" in page) == (True, False, False)
    assert "Ronja" not in browser.get(address).text
    assert browser.post(f"{address}/texts", reason="").status_code == 400
    assert browser.post(address, outcome="Her new number.").status_code == 409
    shown = browser.post(f"{address}/texts", reason="the daily round").text
    assert (UNKNOWN in shown, "Jeg er &lt;b&gt;Ronja&lt;/b&gt;" in shown) == (True, True)
    assert browser.post(address, outcome="Her new number.").status_code == 303
    assert address not in browser.get("/desk/backtobasic/today/").text
    for role, status in ((Role.MONITOR, 403), (Role.STATISTICIAN, 403)):
        other = Browser(app, user(phone.participant.study, role))
        assert other.post(f"{address}/texts", reason="the daily round").status_code == status
