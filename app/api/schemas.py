"""What programs send and get. Pseudonyms only: a phone number or a name goes in at enrolment and never comes out."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from app.accounts.roles import Role
from app.api.fields import Day, Flag, Instant, ListPlace, count, text
from app.participants.models import EventState
from app.schedule.models import State

LARGEST_PAGE = 5000


class Strict(Schema):
    """Refuses names that it does not know."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "This name is not known here.", "type": "Send a JSON object."}  # noqa: RUF012


class NothingSchema(Strict):
    """An empty object: there is nothing to say."""


class SiteSchema(Strict):
    code = fields.String()
    name = fields.String()
    active = fields.Boolean(metadata={"description": "Whether people are enrolled and texted there."})
    approved_on = fields.Date(allow_none=True, metadata={"description": "The day of its ethics approval, if recorded."})


class StudySchema(Strict):
    code = fields.String()
    title = fields.String()
    state = fields.String()
    sites = fields.List(fields.Nested(SiteSchema))
    permissions = fields.List(fields.String(), metadata={"description": "What this token may do in the study."})


class StudiesSchema(Strict):
    items = fields.List(fields.Nested(StudySchema))


class CellSchema(Strict):
    visit = fields.String()
    site = fields.String()
    planned = count()
    expected = count()
    answered = count()
    on_time = count()
    share = fields.Float(allow_nan=False, allow_none=True, metadata={"description": "answered / expected"})
    answered_so_far = count()
    asked_so_far = count()
    states = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True))


class ComplianceSchema(Strict):
    as_of = Instant()
    visits = fields.List(fields.String())
    sites = fields.List(fields.String())
    cells = fields.List(fields.Nested(CellSchema))


class EventSchema(Strict):
    kind = fields.String()
    state = fields.String()
    on = fields.Date()
    at = Instant(allow_none=True)
    recorded_at = Instant()


class ParticipantSchema(Strict):
    participant = fields.String(attribute="code", metadata={"description": "The pseudonym."})
    site = fields.String(attribute="site.code")
    language = fields.String()
    zone = fields.String()
    enrolled_on = fields.Date()
    randomised_on = fields.Date(allow_none=True)
    withdrawn_at = Instant(allow_none=True)
    events = fields.List(fields.Nested(EventSchema))


class PageSchema(Strict):
    total = count()
    limit = count()
    offset = count()


class ParticipantsSchema(PageSchema):
    items = fields.List(fields.Nested(ParticipantSchema))


class AssessmentSchema(Strict):
    participant = fields.String()
    site = fields.String()
    visit = fields.String()
    day = count()
    state = fields.String(validate=validate.OneOf([state.value for state in State]))
    opens_at = Instant()
    due_at = Instant()
    closes_at = Instant()
    grace_until = Instant()
    opened_at = Instant(allow_none=True)
    submitted_at = Instant(allow_none=True)


class AssessmentsSchema(PageSchema):
    as_of = Instant()
    next = ListPlace(allow_none=True, metadata={"description": "Where the next page begins; null on the last one."})
    items = fields.List(fields.Nested(AssessmentSchema))


class TaskSchema(Strict):
    id = fields.Integer(strict=True)
    participant = fields.String(attribute="participant.code")
    site = fields.String(attribute="participant.site.code")
    kind = fields.String()
    visit = fields.String(allow_none=True)
    note = fields.String(allow_none=True, metadata={"description": "Why to look; never what was written."})
    created_at = Instant()
    due_at = Instant(allow_none=True)
    done_at = Instant(allow_none=True)
    outcome = fields.String(allow_none=True)


class TasksSchema(PageSchema):
    items = fields.List(fields.Nested(TaskSchema))


class OtherAnswerSchema(Strict):
    answer = fields.String()
    at = Instant()


class SaidSchema(Strict):
    questionnaire = fields.String()
    question = fields.String()
    answer = fields.String()
    corrected = fields.String(allow_none=True, metadata={"description": "By a signed correction; null without one."})
    others = fields.List(
        fields.Nested(OtherAnswerSchema), metadata={"description": "What was answered otherwise and does not count."}
    )


class WrittenSchema(Strict):
    at = Instant()
    words = fields.String(allow_none=True, metadata={"description": "null where no key of the service opens it."})
    media = count()


class ContentsSchema(Strict):
    note = fields.String()
    answers = fields.List(fields.Nested(SaidSchema))
    texts = fields.List(fields.Nested(WrittenSchema))


class StrangerSchema(Strict):
    id = fields.Integer(strict=True)
    note = fields.String()
    first_wrote_at = Instant()
    last_wrote_at = Instant()
    stopped_at = Instant(allow_none=True)
    done_at = Instant(allow_none=True)
    outcome = fields.String(allow_none=True)


class StrangersSchema(Strict):
    items = fields.List(fields.Nested(StrangerSchema))


class StrangerContentsSchema(Strict):
    phone = fields.String(allow_none=True)
    texts = fields.List(fields.Nested(WrittenSchema))


class RoleSchema(Strict):
    role = fields.Enum(Role, by_value=True)
    site = fields.String(allow_none=True, metadata={"description": "The only site where this holds; null is all."})


class TokenSchema(Strict):
    prefix = fields.String()
    permissions = fields.List(fields.String())
    expires_at = Instant()
    last_used_at = Instant(allow_none=True)
    study = fields.String(allow_none=True, metadata={"description": "The only study that it opens; null is all."})
    site = fields.String(allow_none=True)


class PersonSchema(Strict):
    email = fields.String()
    name = fields.String()
    active = fields.Boolean()
    program = fields.Boolean(metadata={"description": "Whether it is a program's account, and no person's."})
    second_factor = fields.Boolean()
    roles = fields.List(fields.Nested(RoleSchema))
    tokens = fields.List(fields.Nested(TokenSchema))


class PeopleSchema(Strict):
    items = fields.List(fields.Nested(PersonSchema))


class SecondFactorSchema(Strict):
    email = text(254, required=True)
    reason = text(500, required=True)


class ReasonSchema(Strict):
    reason = text(500, required=True, metadata={"description": "Why you read it; it goes on the record."})


class OutcomeSchema(Strict):
    outcome = text(2000, required=True, metadata={"description": "What was done."})


class WithdrawalSchema(SecondFactorSchema):
    role = fields.Enum(Role, by_value=True, required=True)
    site = text(10, load_default=None, allow_none=True)


class PageQuery(Strict):
    limit = fields.Integer(load_default=500, validate=validate.Range(1, LARGEST_PAGE))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 10**9))


class TaskQuery(PageQuery):
    which = fields.String(load_default="open", validate=validate.OneOf(["open", "all"]))


class AssessmentQuery(PageQuery):
    after = ListPlace(metadata={"description": "The `next` of the page before; faster than `offset`."})
    participant = text(20)
    visit = text(32)
    site = text(10)
    state = fields.Enum(State, by_value=True)


class EnrolmentSchema(Strict):
    site = text(10, required=True)
    phone = text(
        30, load_default="", metadata={"description": "A mobile number; kept apart, encrypted. Needed without `email`."}
    )
    email = text(
        254, load_default="", metadata={"description": "Where the protocol writes e-mails; kept apart, encrypted."}
    )
    channel = text(5, load_default="", metadata={"description": "`sms` or `email`: by what to write to her first."})
    consent = text(60, required=True, metadata={"description": "The version of the consent form that was signed."})
    enrolled_on = Day(required=True)
    code = text(20, load_default="", metadata={"description": "The pseudonym; sent twice, the second is refused."})
    name = text(200, load_default="")
    language = text(5, load_default="")
    zone = text(64, load_default="")
    abroad = Flag(load_default=False)
    shared_phone = Flag(
        load_default=False, metadata={"description": "Somebody at the site has this number, and it is meant."}
    )
    sms_answers = Flag(load_default=False)
    birth_year = text(4, load_default="", metadata={"description": "Where the protocol asks for it; kept apart."})

    @validates_schema
    def reached(self, data: dict[str, Any], **_: Any) -> None:
        """By a number or by an address."""
        if not data["phone"] and not data["email"]:
            raise ValidationError("Missing data for required field.", "phone")


class EventEntrySchema(Strict):
    kind = text(40, required=True)
    state = fields.Enum(EventState, by_value=True, required=True)
    on = Day(load_default=None, metadata={"description": "The local date of what is planned, or called off."})
    at = Instant(load_default=None, metadata={"description": "When it happened, or begins if that is known."})

    @validates_schema
    def complete(self, data: dict[str, Any], **_: Any) -> None:
        """What is planned or called off has a date, what happened has an instant."""
        planned = data["state"] != EventState.HAPPENED
        if planned and data["on"] is None:
            raise ValidationError("Say on which date it is planned.", "on")
        if data["state"] == EventState.CANCELLED and data["at"] is not None:
            raise ValidationError("What is called off has no hour; leave this out.", "at")
        if not planned and data["at"] is None:
            raise ValidationError("Say when it happened, with date, time and zone.", "at")
        if not planned and data["on"] is not None:
            raise ValidationError("What happened has its date from `at`; leave this out.", "on")
