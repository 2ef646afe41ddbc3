"""An endpoint is decorators and a sentence: what it takes is checked, what it gives is written, both are described."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import cast

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError

from app.api.matching import etag_of, must_have_been_seen
from app.api.reading import note_rows
from app.api.repeating import done_once
from app.core.json_reading import NotJson, read_json
from app.core.problems import BadInput
from app.participants.models import Participant
from app.permitting import LOOKING, View

Endpoint = Callable[..., object]
NOT_JSON = "Send a JSON object, with Content-Type: application/json."


@dataclass(frozen=True)
class Operation:
    """What an endpoint takes and gives."""

    summary: str
    answer: type[Schema] | None
    body: type[Schema] | None
    query: type[Schema] | None
    status: int
    media_type: str
    seen: bool
    """Whether a program has to say what it saw (`app.api.matching`)."""


def operation(
    summary: str,
    *,
    answer: type[Schema] | None = None,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    status: int = 200,
    media_type: str = "application/json",
    seen: bool = False,
) -> Callable[[Endpoint], View]:
    """The view gets `body` and `query` as checked values, and returns what the answer's schema writes."""
    described = Operation(summary, answer, body, query, status, media_type, seen)

    def decorate(view: Endpoint) -> View:
        @wraps(view)
        def called(*args: object, **kwargs: object) -> ResponseReturnValue:
            if seen:
                must_have_been_seen()
            if query is not None:
                kwargs["query"] = _checked(query, _asked_in_address())
            if body is not None:
                kwargs["body"] = _checked(body, _sent())
            if request.method == "POST":
                return done_once(lambda: _answered(view(*args, **kwargs), answer, status))
            return _answered(view(*args, **kwargs), answer, status)

        called.operation = described  # type: ignore[attr-defined]
        return called

    return decorate


def _answered(given: object, answer: type[Schema] | None, status: int) -> ResponseReturnValue:
    return cast(ResponseReturnValue, given) if answer is None else _written(answer, given, status)


def _written(answer: type[Schema], given: object, status: int) -> Response:
    content = answer().dump(given)
    if request.method in LOOKING:
        note_rows(content)
    response = jsonify(content)
    response.status_code = status
    if isinstance(given, Participant):
        response.set_etag(etag_of(given))
        if request.method in LOOKING:
            response.make_conditional(request)
    return response


def _sent() -> object:
    """The JSON that came; BadInput where it is none, or could be understood in two ways."""
    if not request.is_json:
        raise BadInput(NOT_JSON)
    try:
        return read_json(request.get_data())
    except NotJson as wrong:
        raise BadInput(f"{NOT_JSON} {wrong}") from None


def _asked_in_address() -> dict[str, str]:
    """What follows the question mark, by name; BadInput where a name comes twice, as only one could be heard."""
    if twice := [name for name, values in request.args.lists() if len(values) > 1]:
        raise BadInput("Each name is given once in an address.", errors=dict.fromkeys(twice, "This is given twice."))
    return request.args.to_dict()


def _checked(schema: type[Schema], sent: object) -> object:
    if not isinstance(sent, Mapping):
        raise BadInput(NOT_JSON)
    try:
        checked: object = schema().load(sent)
        return checked
    except ValidationError as error:
        messages: dict[object, object] = error.normalized_messages()  # type: ignore[no-untyped-call]
        errors = {str(name): _sentence(message) for name, message in messages.items()}
        raise BadInput("Some of this needs another look.", errors=errors) from None


def _sentence(message: object) -> str:
    """The library nests its messages; people read one line."""
    if isinstance(message, Mapping):
        return " ".join(f"{name}: {_sentence(each)}" for name, each in message.items())
    return " ".join(map(str, message)) if isinstance(message, list) else str(message)
