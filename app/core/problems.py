"""Errors that say what a person can do. The class carries the status; the edge renders a page or problem+json."""

from collections.abc import Mapping


class Problem(Exception):
    """Something a person can act upon. `detail` is one or two plain sentences: what happened, what to do."""

    status = 400
    title = "This cannot be done"

    def __init__(self, detail: str, *, errors: Mapping[str, str] | None = None, retry_after: int | None = None):
        super().__init__(detail)
        self.detail = detail
        self.errors = dict(errors or {})
        self.retry_after = retry_after


class BadInput(Problem):
    """What was sent cannot be used; `errors` names each field."""

    title = "Something needs another look"


class SignInNeeded(Problem):
    status = 401
    title = "Please sign in"


class Forbidden(Problem):
    status = 403
    title = "You may not do this"


class NotFound(Problem):
    status = 404
    title = "Not found"


class Conflict(Problem):
    status = 409
    title = "This was already done"


class OtherRequest(Problem):
    status = 422
    title = "This key belongs to another request"


class Altered(Problem):
    status = 500
    title = "This is not what was written"


class ChangedMeanwhile(Problem):
    status = 412
    title = "Somebody changed this meanwhile"


class NotSeen(Problem):
    status = 428
    title = "Look at it first"


class Gone(Problem):
    status = 410
    title = "No longer open"


class TooMany(Problem):
    status = 429
    title = "Too many tries"


class Unavailable(Problem):
    status = 503
    title = "Please try again in a moment"
