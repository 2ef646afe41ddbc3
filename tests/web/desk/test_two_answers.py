"""Two answers to a question: whoever closes the task sees which counts, what was answered otherwise, and when."""

from datetime import timedelta

from sqlalchemy import select

from app.core.audit import acting
from app.instruments import instrument
from app.participants.models import Task, TaskKind
from app.responses.answering import submit
from app.responses.second_answers import keep_second
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
    assert "a question was answered in two ways under odi" in desk.page("today/")
    page = desk.page(f"today/tasks/{task.id}")
    options = instrument("odi").wording("nb").item("lifting").options
    assert f"<dd>{options[0]}<br>answered otherwise, " in page
    assert f": {options[4]}</dd>" in page
    assert "&lt;b&gt;" in page
    assert "what was received and counts" in page
    assert f'href="{DESK}today/tasks/{task.id}"' in desk.page("today/")
