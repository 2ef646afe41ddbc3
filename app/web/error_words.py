"""What the page of an error says, by the status: sentences and headings of ours, in English."""

from werkzeug.exceptions import HTTPException

from app.request_size import LARGEST_BODY

SENTENCES = {
    400: "We could not read what was sent. Go back, and try once more.",
    403: "You may not do this. If you should, ask the administrator of the study.",
    404: "There is nothing at this address. Check it, or begin at the front page.",
    405: "This address is not used in that way.",
    413: f"What was sent is too large: at most {LARGEST_BODY // 1024} kB at a time.",
    415: "This kind of content is not read here.",
    429: "That was often. Wait a minute, then try again.",
}
TITLES = {
    400: "This could not be read",
    403: "You may not do this",
    404: "Not found",
    405: "Not used in that way",
    413: "Too large",
    415: "Not read here",
    429: "Too many tries",
}
"""What the page of such an error is headed with; the library's own words are no sentence of ours."""
ODD = "This cannot be done"
BROKE = "Something went wrong"
BROKEN = (
    "Something went wrong at our end, and nothing of this request was stored. "
    "Try again; if it happens again, tell us the code below."
)


def refused_with(error: HTTPException) -> int | None:
    """The status of a refusal; nothing for a redirect, or what carries its own answer."""
    return error.code if error.code is not None and error.code >= 400 else None
