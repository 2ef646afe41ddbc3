"""`Idempotency-Key`: the header by which a program sends a POST again without its being done again."""

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue

from app.accounts import repeats
from app.api.access import current_token
from app.core.json_reading import NotJson, read_json
from app.core.problems import BadInput
from app.core.time import now

KEY_HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
REPEAT_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def done_once(do: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """What `do` answers; for a key that this token gave before, the answer of then, and nothing is done."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return do()
    if not REPEAT_KEY.fullmatch(key):
        raise BadInput(f"{KEY_HEADER} is 1 to 200 visible characters without spaces, such as a UUID.")
    token, asked_for = current_token(), _request_sha256()
    earlier = repeats.earlier_answer(token, key, asked_for, now())
    if earlier is not None:
        replay = Response(earlier.body, earlier.status, mimetype="application/json")
        replay.headers[REPLAYED] = "true"
        if earlier.etag is not None:
            replay.set_etag(earlier.etag)
        return replay
    answer = current_app.make_response(do())
    if answer.status_code < 300:
        given = repeats.AnswerGiven(answer.status_code, answer.get_data(as_text=True), answer.get_etag()[0])
        repeats.keep(token, key, asked_for, given, now())
    return answer


def _request_sha256() -> bytes:
    """Method, address and what was sent, whatever the spaces in it."""
    body = request.get_data()
    if request.is_json:
        with suppress(NotJson):
            body = json.dumps(read_json(body), sort_keys=True).encode()
    return hashlib.sha256(b"\0".join([request.method.encode(), request.full_path.encode(), body])).digest()
