"""What came back: responses, answers and scores in pages, by the rules of the nightly tables."""

from typing import Any

from app.accounts.roles import Permission
from app.api.access import requires
from app.api.blueprint import blueprint
from app.api.operations import operation
from app.api.result_schemas import AnswerRowsSchema, ResponseQuery, ResponsesSchema, ScoresSchema
from app.exports.paging import ResponsePage, ResponsesWanted, answers_of, responses, scores_of
from app.permitting import current_scope

WHAT = "What was answered"


@blueprint.get("/studies/<study>/responses")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True, what=WHAT)
@operation("Submissions, in the order in which they were stored", answer=ResponsesSchema, query=ResponseQuery)
def submissions(query: dict[str, Any]) -> dict[str, object]:
    """A page; the next begins `after` the `next` of this one."""
    page = _page(query)
    return {"items": page.items, "next": page.next}


@blueprint.get("/studies/<study>/answers")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True, what=WHAT)
@operation("Answers of a page of submissions", answer=AnswerRowsSchema, query=ResponseQuery)
def answers(query: dict[str, Any]) -> dict[str, object]:
    """The values that hold, or why there is none."""
    page = _page(query)
    return {"items": answers_of(current_scope().study, page.items), "next": page.next}


@blueprint.get("/studies/<study>/scores")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True, what=WHAT)
@operation("Scores of a page of submissions", answer=ScoresSchema, query=ResponseQuery)
def scores(query: dict[str, Any]) -> dict[str, object]:
    """The current ones, with what each was computed by."""
    page = _page(query)
    return {"items": scores_of(current_scope().study, page.items), "next": page.next}


def _page(query: dict[str, Any]) -> ResponsePage:
    limit = query.pop("limit")
    return responses(current_scope().study, ResponsesWanted(**query), limit)
