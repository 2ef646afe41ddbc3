"""The description of the API, made from the routes themselves, so that it cannot say anything else than they do."""

import re
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from marshmallow import Schema
from werkzeug.routing import Rule

from app.accounts.roles import Permission
from app.api import matching
from app.api.operations import Operation
from app.api.repeating import KEY_HEADER
from app.core.problems import (
    BadInput,
    ChangedMeanwhile,
    Conflict,
    Forbidden,
    NotFound,
    NotSeen,
    OtherRequest,
    Problem,
    SignInNeeded,
    TooMany,
)
from app.permitting import Anybody, asked_by
from app.version import VERSION

INTRODUCTION = (
    "For programs that work with a study: who has answered, enrolment, events, and the nightly exports. Participants "
    "are pseudonyms; no name, number or treatment arm comes out. Send a token: Authorization: Bearer svar_..."
)
PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, and what to do."},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
        "request_id": {"type": "string"},
    },
}

IDEMPOTENCY_KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "A key of the request's own, such as a UUID. Sent again within a day, it is answered as then.",
}
IF_MATCH = {
    "name": matching.MATCH_HEADER,
    "in": "header",
    "schema": {"type": "string"},
    "description": "The ETag of the participant as you saw her: somebody else's change is not overwritten.",
}


def document(app: Flask) -> dict[str, Any]:
    """OpenAPI 3.1 of every route below /api/v1."""
    spec = APISpec("Svar", VERSION, "3.1.0", plugins=[MarshmallowPlugin(_named)], info={"description": INTRODUCTION})
    spec.components.schema("Problem", PROBLEM)
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "bearerFormat": "svar_PREFIX_SECRET"})
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        view = app.view_functions[rule.endpoint]
        described: Operation | None = getattr(view, "operation", None)
        if described is not None:
            method = "post" if "POST" in (rule.methods or ()) else "get"
            spec.path(_path(rule), operations={method: _operation(rule, described, asked_by(view))})
    made: dict[str, Any] = spec.to_dict()
    return made


def _named(schema: type[Schema] | Schema) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")


def _path(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def _operation(rule: Rule, described: Operation, asks_for: Permission | Anybody | None) -> dict[str, Any]:
    places: list[Any] = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                         for name in sorted(rule.arguments)]  # fmt: skip
    if described.query is not None:
        places.append({"in": "query", "schema": described.query})
    if "POST" in (rule.methods or ()):
        places.append(IDEMPOTENCY_KEY)
        places += [IF_MATCH | {"required": described.seen}] if "code" in rule.arguments else []
    made: dict[str, Any] = {"operationId": rule.endpoint.removeprefix("api."), "summary": described.summary}
    made |= {"parameters": places, "responses": _responses(described, rule, asks_for)}
    if described.body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": described.body}}}
    if asks_for is not None:
        made["security"] = [{"token": []}]
    if isinstance(asks_for, Permission):
        made["description"] = f"Needs the permission: {asks_for}."
    return made


def _responses(described: Operation, rule: Rule, asks_for: Permission | Anybody | None) -> dict[str, Any]:
    schema: Any = described.answer or ({"type": "object"} if described.media_type == "application/json" else {})
    by_status: dict[str, Any] = {
        str(described.status): {"description": "Done.", "content": {described.media_type: {"schema": schema}}}
    }
    kinds: list[type[Problem]] = [SignInNeeded, TooMany] if asks_for else []
    kinds += [Forbidden, NotFound] if rule.arguments else []
    kinds += [BadInput] if described.body or described.query else []
    kinds += [Conflict, OtherRequest] if described.body else []
    kinds += [ChangedMeanwhile] if described.body and "code" in rule.arguments else []
    kinds += [NotSeen] if described.seen else []
    for kind in sorted(kinds, key=lambda kind: kind.status):
        content = {"application/problem+json": {"schema": "Problem"}}
        by_status[str(kind.status)] = {"description": kind.title, "content": content}
    return by_status
