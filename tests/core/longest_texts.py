"""The longest text that what fills a column lets through, found in schemas, patterns, sets and keys."""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import date
from ipaddress import ip_address
from re import _parser  # type: ignore[attr-defined,unused-ignore]  # how long a pattern can be is asked of re's own reading of it
from typing import Any

from marshmallow import fields, validate

from app.accounts import models, sessions, tokens, users
from app.alerting import posting as alert_posting
from app.api import schemas as api
from app.clock import JOBS, SLOW_JOBS
from app.core import oidc_settings, zone_rules
from app.exports.manifest import MANIFEST
from app.exports.shapes import SHAPES
from app.hooks import delivering, subscribing
from app.instruments import definition, wording_files
from app.instruments.results import Unscored
from app.instruments.scoring.scorers import SHIPPED_SCORERS
from app.instruments.value_set_files import value_set_ids
from app.instruments.value_set_table import VALUE_SET_NAME
from app.messages import breaker
from app.messages.gateways.outcomes import NUMBER_UNUSABLE, Outcome
from app.messages.kinds import PROMPTS, MessageKind
from app.messages.monitoring import heartbeats, process_times
from app.messages.queueing import keys
from app.messages.receiving import mailbox, replies
from app.participants import enrolment
from app.responses import staff_entry
from app.responses.checking import NotAnswered
from app.studies import sites, views
from app.studies.protocol import schema as protocol
from app.studies.protocol.fields import Line, Mapped
from app.studies.protocol.site_checks import zones
from app.web.language import STAFF_LANGUAGES
from app.web.staff import guessing

NUMBER = len(str(2**63 - 1))
"""Of a key, written out."""
ACTOR = len("user:") + NUMBER
SHA256 = hashlib.sha256().digest_size * 2
PROVIDERS_ID = len("SM") + 32
"""Twilio's reference: a SID has two letters and 32 hexadecimal digits."""
PROVIDERS_CODE = len("30008")
E164 = len("+") + 15
"""ITU-T E.164: at most 15 digits."""


def longest_of(words: Iterable[str]) -> int:
    return max(map(len, words))


def longest_match(pattern: str | re.Pattern[Any]) -> int:
    """How long a text can be that this pattern matches whole."""
    text = pattern if isinstance(pattern, str) else pattern.pattern
    return int(_parser.parse(text).getwidth()[1])


def longest_in(field: fields.Field[Any]) -> int:
    """How long a text this field of a schema lets through."""
    limits = [limit for validator in field.validators for limit in _limits(validator)]
    assert limits, f"{field} takes texts of any length"
    return min(limits)


def _limits(validator: object) -> list[int]:
    match validator:
        case Line(pattern=pattern, longest=longest):
            return [longest, *([longest_match(pattern)] if pattern else [])]
        case validate.Length(max=int(longest)):
            return [longest]
        case validate.Regexp(regex=regex):
            return [longest_match(regex)]
        case validate.OneOf(choices=choices):
            return [longest_of(map(str, choices))]
    return []


def longest_accepted(accepts: Callable[[int], bool]) -> int:
    """The longest of the texts that a rule in code accepts, by asking it."""
    return max(length for length in range(1, 2000) if accepts(length))


def of(schema: Any, name: str) -> int:
    return longest_in(schema().fields[name])


def key_of(mapping: fields.Field[Any]) -> int:
    assert isinstance(mapping, Mapped)
    assert mapping.key_field is not None
    return longest_in(mapping.key_field)


def member_of(listing: fields.Field[Any]) -> int:
    assert isinstance(listing, fields.List)
    return longest_in(listing.inner)


def is_pseudonym(length: int) -> bool:
    return enrolment.PSEUDONYM.fullmatch("01-" + "7" * (length - 3)) is not None


def is_version_of_a_wording(length: int) -> bool:
    return not list(wording_files._unnamed("nb", "1" * length, "ours"))


VISIT = of(protocol.VisitSchema, "code")
INSTRUMENT = max(of(definition.DefinitionSchema, "code"), member_of(protocol.VisitSchema().fields["instruments"]))
LANGUAGE = member_of(protocol.ProtocolSchema().fields["languages"])
ITEM = of(definition._ItemSchema, "code")
VALUE_SET = max(longest_match(VALUE_SET_NAME), longest_of(value_set_ids()))
NO_VALUE = tuple(NotAnswered)
MANY = int("9" * NUMBER)
PARTS: dict[str, tuple[object, ...]] = {
    keys.RENEWAL: (MANY, MANY),
    keys.REISSUE: (MANY, MANY),
    keys.TEST: (MANY, MANY),
    **{keys.PROMPT % ("%s", kind): (MANY,) for kind in PROMPTS},
    **{keys.MOVED_PROMPT % ("%s", kind, "%s"): (MANY, date.max) for kind in PROMPTS},
    **{keys.REPLY % ("%s", kind): ("x" * replies.SID,) for kind in MessageKind},
}
"""Every pattern of a key, with the longest of what stands in its places."""
KEYS = [pattern % parts for pattern, parts in PARTS.items()]
SUBJECTS = [
    f"device:{secrets.token_urlsafe(16)}:{guessing._digest('somebody')}",
    guessing._of_passkey("a credential"),
    *(f"{kind}:{guessing._digest('somebody')}:{ip_address(2**128 - 1)}" for kind in ("account at", "proving")),
    f"recovery:{MANY}:{ip_address(2**128 - 1)}",
    f"code at:{secrets.token_urlsafe(16)}:{MANY}",
]
"""Whose tries at signing in are counted."""
LONGEST: dict[str, int] = {
    "token_uses.address": sessions.LONGEST_ADDRESS,
    "staff_sessions.address": sessions.LONGEST_ADDRESS,
    "staff_sessions.browser": sessions.LONGEST_BROWSER,
    "sign_in_tries.subject": longest_of(SUBJECTS),
    "studies.code": of(protocol.ProtocolSchema, "study"),
    "protocols.version": of(protocol.ProtocolSchema, "version"),
    "protocols.sha256": SHA256,
    "sites.code": of(protocol.SitePlanSchema, "code"),
    "sites.phone": E164,
    "sites.approval_reference": sites.LONGEST_REFERENCE,
    "participants.code": max(longest_accepted(is_pseudonym), of(api.EnrolmentSchema, "code")),
    "participants.language": LANGUAGE,
    "participants.zone": longest_of(zones()),
    "contacts.unusable_because": longest_of(NUMBER_UNUSABLE.values()),
    "contacts.email_unusable_because": len("came back (5.999.999)"),
    "consents.document": max(enrolment.LONGEST_CONSENT, of(api.EnrolmentSchema, "consent")),
    "disclosures.disclosed_by": ACTOR,
    "look_ups.looked_up_by": ACTOR,
    "departures.recorded_by": ACTOR,
    "texts_pauses.recorded_by": ACTOR,
    "texts_pauses.ended_by": ACTOR,
    "departures.undone_by": ACTOR,
    "calls_made.made_by": ACTOR,
    "staff_notes.written_by": ACTOR,
    "events.kind": key_of(protocol.ProtocolSchema().fields["events"]),
    "tasks.visit": VISIT,
    "tasks.done_by": ACTOR,
    "tasks.taken_by": ACTOR,
    "staff_alerts.failure": alert_posting.LONGEST_FAILURE,
    "site_digests.failure": alert_posting.LONGEST_FAILURE,
    "strangers.read_by": ACTOR,
    "strangers.done_by": ACTOR,
    "assessments.visit": VISIT,
    "visits_not_done.recorded_by": ACTOR,
    "assessments.zone_rules": longest_match(zone_rules.RELEASE.pattern),
    "messages.dedupe_key": longest_of(KEYS),
    "messages.language": LANGUAGE,
    "messages.sid": PROVIDERS_ID,
    "messages.error_code": PROVIDERS_CODE,
    "attempts.outcome": longest_of([*Outcome, "recovered"]),
    "attempts.error_code": PROVIDERS_CODE,
    "attempts.sid": PROVIDERS_ID,
    "receipts.sid": PROVIDERS_ID,
    "receipts.status": longest_of(["partially_delivered"]),
    "receipts.error_code": PROVIDERS_CODE,
    "replies.sid": replies.SID,
    "breakers.gateway": longest_of(["sandbox", "twilio", "46elks", *breaker.HOLDS]),
    "incarnations.mark": 32,
    "clock_disks.mark": 32,
    "incarnations.home": len(f"{2**64}/00000001/{2**32}/{2**32}"),
    "breakers.because": breaker.LONGEST_BECAUSE,
    "heartbeats.job": len(heartbeats.FAILED) + longest_of([job.name for job in (*JOBS, *SLOW_JOBS)]),
    "mailbox_marks.mailbox": mailbox.LONGEST_MAILBOX,
    "process_times.process": len(process_times.name_of("x" * 253, 2**63 - 1)),
    "sandbox_texts.sid": PROVIDERS_ID,
    "rows_read.what": 40,
    "rows_read.read_by": ACTOR,
    "rows_read.token_prefix": 16,
    "responses.language": LANGUAGE,
    "responses.sha256": SHA256,
    "answers.instrument": INSTRUMENT,
    "answers.item": ITEM,
    "answers.missing_reason": longest_of(NotAnswered),
    "staff_entries.scan": staff_entry.LONGEST_SCAN,
    "corrections.instrument": INSTRUMENT,
    "corrections.item": ITEM,
    "corrections.sha256": SHA256,
    "sign_offs.contents_sha256": SHA256,
    "sign_offs.sha256": SHA256,
    "lock_signatures.contents_sha256": SHA256,
    "lock_signatures.sha256": SHA256,
    "scores.instrument": INSTRUMENT,
    "scores.name": of(definition._ScoreSchema, "name"),
    "scores.value_set": VALUE_SET,
    "scores.missing_reason": longest_of(Unscored),
    "scores.instrument_version": of(definition.DefinitionSchema, "version"),
    "scores.scorer_version": max(
        of(definition.DefinitionSchema, "scoring_version"),
        longest_of([scorer.VERSION for scorer in SHIPPED_SCORERS.values()]),
    ),
    "scores.input_sha256": SHA256,
    "wordings.instrument": INSTRUMENT,
    "wordings.language": longest_match(wording_files.LANGUAGE_CODE),
    "wordings.version": longest_accepted(is_version_of_a_wording),
    "wordings.sha256": SHA256,
    "instruments.code": INSTRUMENT,
    "instruments.version": of(definition.DefinitionSchema, "version"),
    "instruments.sha256": SHA256,
    "value_sets.name": VALUE_SET,
    "value_sets.sha256": SHA256,
    "snapshots.manifest_sha256": SHA256,
    "snapshots.handed_on_sha256": SHA256,
    "kept_answers.etag": SHA256 // 2,
    "downloads.manifest_sha256": SHA256,
    "downloads.file": max(
        longest_of([MANIFEST, *(f"{shape.name}.parquet" for shape in SHAPES)]),
        of(protocol.ProtocolSchema, "study") + len("-2026-11-26.zip"),
    ),
    "downloads.downloaded_by": ACTOR,
    "seals.hash": SHA256,
    "users.language": longest_of(STAFF_LANGUAGES),
    "erasures.study": of(protocol.ProtocolSchema, "study"),
    "erasures.asked_by": ACTOR,
    "erasures.done_by": ACTOR,
    "erasures.sha256": SHA256,
    "erasures.remains_sha256": SHA256,
    "invitations.email": users.LONGEST_EMAIL,
    "invitations.name": users.LONGEST_NAME,
    "hooks.paused_because": subscribing.LONGEST_HOOK_REASON,
    "hook_deliveries.failure": delivering.LONGEST_FAILURE,
    "saved_views.name": views.LONGEST_VIEW_NAME,
    "saved_views.query": views.LONGEST_QUERY,
    "user_identities.issuer": oidc_settings.LONGEST_ISSUER,
    "user_identities.subject": models.LONGEST_SUBJECT,
    "users.email": users.LONGEST_EMAIL,
    "users.name": users.LONGEST_NAME,
    "api_tokens.prefix": len(tokens.new_prefix()),
}
