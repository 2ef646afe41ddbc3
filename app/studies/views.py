"""Saved views: what somebody asks of a list again and again, under a name that she gave it. Hers alone."""

from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import select

from app.accounts.models import User
from app.core.database import db
from app.core.problems import BadInput, Conflict, NotFound
from app.studies.models import SavedView, Study

LONGEST_VIEW_NAME = 60
LONGEST_QUERY = 300
MOST_VIEWS = 20
LIST = "list"
"""Of which list a view is, in its query; those of the participants do not say so."""


class ViewedList(StrEnum):
    """The lists of which views are kept."""

    PARTICIPANTS = "participants"
    TODAY = "today"


def views_of(user: User, study: Study) -> list[SavedView]:
    """Her views in this study, by name."""
    query = select(SavedView).filter_by(user_id=user.id, study_id=study.id)
    return list(db.session.scalars(query.order_by(SavedView.name, SavedView.id)))


def views_of_list(user: User, study: Study, of: ViewedList) -> list[tuple[SavedView, dict[str, str]]]:
    """Her views of this list with what each asks, by name."""
    return [(view, filters_of(view)) for view in views_of(user, study) if list_of(view) is of]


def view_of(user: User, study: Study, view_id: int) -> SavedView:
    """One of her own views in this study; NotFound otherwise."""
    view = db.session.scalar(select(SavedView).filter_by(id=view_id, user_id=user.id, study_id=study.id))
    if view is None:
        raise NotFound("This view is removed already, or is not yours.")
    return view


def save_view(
    user: User, study: Study, name: str, filters: Mapping[str, str], of: ViewedList = ViewedList.PARTICIPANTS
) -> SavedView:
    """Keep what these filters ask under a name. Conflict where she has one of that name, or has enough."""
    wanted = {key: value for key, value in filters.items() if value}
    if not wanted:
        raise BadInput("Choose first what the list shows; then give it a name.")
    query = urlencode(wanted if of is ViewedList.PARTICIPANTS else {LIST: of.value, **wanted})
    if len(query) > LONGEST_QUERY:
        raise BadInput("This view is too long to be kept. Write less into the filters.")
    db.session.refresh(user, with_for_update={"key_share": True})
    hers = views_of(user, study)
    if len(hers) >= MOST_VIEWS:
        raise Conflict(f"You have {MOST_VIEWS} views already. Remove one first.")
    view = SavedView(user=user, study=study, name=_free(name, hers), query=query)
    db.session.add(view)
    db.session.flush()
    return view


def rename_view(view: SavedView, name: str) -> None:
    """Another name for it."""
    db.session.refresh(view.user, with_for_update={"key_share": True})
    view.name = _free(name, [other for other in views_of(view.user, view.study) if other.id != view.id])
    db.session.flush()


def remove_view(view: SavedView) -> None:
    """It is kept no longer; the people it showed stay as they are."""
    db.session.delete(view)
    db.session.flush()


def filters_of(view: SavedView) -> dict[str, str]:
    """What it asks, by the names of the filters."""
    return {name: value for name, value in parse_qsl(view.query) if name != LIST}


def list_of(view: SavedView) -> ViewedList:
    """Of which list it is."""
    return ViewedList(dict(parse_qsl(view.query)).get(LIST, ViewedList.PARTICIPANTS))


def _free(name: str, others: list[SavedView]) -> str:
    """The name as it is kept."""
    called = " ".join(name.split())
    if not 0 < len(called) <= LONGEST_VIEW_NAME or not called.isprintable():
        sentence = f"Write a name of 1 to {LONGEST_VIEW_NAME} characters."
        raise BadInput(sentence, errors={"name": sentence})
    if any(other.name.casefold() == called.casefold() for other in others):
        sentence = "You have a view of this name already. Choose another."
        raise Conflict(sentence, errors={"name": sentence})
    return called
