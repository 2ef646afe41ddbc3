"""A list of people that was checked, until she says yes to it: sealed, for half an hour, for herself alone, once.

What is enrolled is then what was checked. It is kept as a form is that outlives its session, in
`app.accounts.kept_forms`: no telephone number stands in a page, in a cookie, or in a file on a disk.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.accounts import kept_forms
from app.core.problems import BadInput, Conflict
from app.participants.import_files import Row

LIST_IS_GONE = (
    "This list is kept no longer: it was enrolled already, or half an hour has passed. Choose the file again; "
    "whoever is there already stays as she is."
)
TOO_MUCH = "This list holds more than can be kept until it is enrolled. Make two of it."


@dataclass(frozen=True)
class KeptList:
    """What was checked, and how many were to be enrolled then."""

    rows: Sequence[Row]
    expected: int


def keep_list(user_id: int, study_id: int, checked: KeptList, now: datetime) -> int:
    """Keep it for her, for this study; where it lies. BadInput where it is too large."""
    packed = b64encode(zlib.compress(json.dumps([dict(row) for row in checked.rows]).encode())).decode()
    typed = [("rows", packed), ("expected", str(checked.expected))]
    row = kept_forms.keep(user_id, _place(study_id), typed, now)
    if row is None:
        raise BadInput(TOO_MUCH)
    return row.id


def take_list(user_id: int, study_id: int, list_id: int, now: datetime) -> KeptList:
    """What lies there, once: it is thrown away by the same transaction. Conflict where it is kept no longer."""
    typed = kept_forms.take(user_id, list_id, _place(study_id), now)
    if typed is None:
        raise Conflict(LIST_IS_GONE)
    fields = dict(typed)
    return KeptList(json.loads(zlib.decompress(b64decode(fields["rows"]))), int(fields["expected"]))


def _place(study_id: int) -> str:
    return f"list of people for {study_id}"
