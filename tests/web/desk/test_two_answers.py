"""Two answers to a question: whoever closes the task sees which counts, what was answered otherwise, and when."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.audit import acting
from app.instruments import instrument
from app.participants.models import Task, TaskKind
from app.responses.answering import submit
from app.responses.other_answers import OtherAnswer
from app.responses.refused_sends import tell_of_early, tell_of_old_link, tell_of_refused
from app.responses.second_answers import keep_second
from app.responses.two_phones import PhoneSays, SaidWhen, milliseconds
from tests.factories import visit
from tests.responses.visits import answers_to
from tests.web.desk.desks import DESK, Desk


def test_both_are_read_where_the_task_is_closed(desk: Desk) -> None:
    person = desk.someone()
    row = visit(person, "d56")
    with acting("participant:01-001"):
        submit(row, answers_to(row), row.opens_at, language="nb")
        keep_second(row, {"odi.lifting": "4", "odi.walking": "<b>"}, None, None, row.opens_at + timedelta(hours=1))
    task = desk.session.scalars(select(Task).filter_by(kind=TaskKind.TWO_ANSWERS)).one()
    desk.session.commit()
    assert "a question was answered in two ways under “" in desk.page("today/")
    page = desk.page(f"today/tasks/{task.id}")
    options = instrument("odi").wording("nb").item("lifting").options
    assert f"<dd>{options[0]}<br>answered otherwise, " in page
    assert f": {options[4]}</dd>" in page
    assert "&lt;b&gt;" in page
    assert "what was received and counts" in page
    assert f'href="{DESK}today/tasks/{task.id}"' in desk.page("today/")


@pytest.mark.parametrize("received", [True, False])
def test_what_came_from_another_time_is_read_with_its_time_and_what_to_do(desk: Desk, received: bool) -> None:
    person = desk.someone()
    row = visit(person, "d56")
    at = row.opens_at + timedelta(hours=1)
    says = PhoneSays(0, {"odi.lifting": SaidWhen(0, 7_200_000)})
    with acting("participant:01-001"):
        if received:
            submit(row, answers_to(row), at, language="nb")
            other = OtherAnswer("0", milliseconds(at), milliseconds(at) - 7_200_000)
            tell_of_early(row, {"odi.lifting": other}, at)
        else:
            row.cancelled_at = at
            tell_of_refused(row, {"odi.lifting": "4"}, says, None, at)
    task = desk.session.scalars(select(Task).filter_by(kind=TaskKind.TO_JUDGE)).one()
    desk.session.commit()
    assert "day 56: answers came that were given at another time, under “" in desk.page("today/")
    page = desk.page(f"today/tasks/{task.id}")
    options = instrument("odi").wording("nb").item("lifting").options
    first = f"<dd>{options[0]}<br>answered " if received else "<dd>answered "
    assert first in page
    assert f": {options[0 if received else 4]}</dd>" in page
    assert ("This was not received" in page) is not received
    assert ("what was received and counts" in page) is received


@pytest.mark.parametrize(
    ("has_left", "sentence"), [(True, "after she had left"), (False, "under a link that was replaced")]
)
def test_where_nothing_is_kept_it_is_said_what_came(desk: Desk, has_left: bool, sentence: str) -> None:
    person = desk.someone()
    row = visit(person, "d56")
    with acting("test"):
        tell_of_old_link(row, row.opens_at)
        person.withdrawn_at = row.opens_at if has_left else None
    task = desk.session.scalars(select(Task).filter_by(kind=TaskKind.TO_JUDGE)).one()
    desk.session.commit()
    assert "day 56: answers came, and nothing of them was kept" in desk.page("today/")
    assert sentence in desk.page(f"today/tasks/{task.id}")
