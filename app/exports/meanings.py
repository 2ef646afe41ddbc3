"""What the codes of closed sets mean, in Norwegian and English."""

from app.accounts.roles import Role
from app.exports.reasons import AbsenceReason, BaselineReason, OutcomeReason
from app.exports.tables import Meanings, Words
from app.instruments.results import Unscored
from app.messages.kinds import MessageKind, Reason, reminder
from app.messages.models import MessageState
from app.participants.grades import LeavingGrade
from app.participants.models import CallOutcome, EventState
from app.responses.checking import NotAnswered
from app.responses.models import Answerer, CorrectionKind, CorrectionOutcome, Mode, Presentation
from app.schedule.models import NotDone, State
from app.studies.protocol import Channel
from app.studies.texts import MOST_REMINDERS

STATES: Meanings = {
    State.COMPLETED: Words("besvart i tide", "answered in time"),
    State.LATE: Words(
        "besvart etter at det lukket, mens det ennå ble tatt imot", "answered after closing, within grace"
    ),
    State.PARTIAL: Words("sendt inn uten alle spørsmål som skal besvares", "submitted with required items missing"),
    State.MISSED: Words("lukket uten svar", "closed without an answer"),
    State.OPEN: Words("kan ennå besvares", "may still be answered"),
    State.NOT_DUE: Words("ikke åpnet ennå", "the window has not opened"),
    State.WITHDRAWN: Words("deltakeren trakk seg før det lukket", "the participant withdrew before it closed"),
    State.CANCELLED: Words("spurt om for en dag 0 som ble avlyst", "asked about for a day 0 that was called off"),
    State.VOIDED: Words("besvart, men svaret teller ikke", "answered, and the response does not count"),
}
LEFT_AS: Meanings = {
    LeavingGrade.NO_TEXTS: Words("vil ikke ha meldinger", "wants no texts"),
    LeavingGrade.NO_QUESTIONNAIRES: Words("vil ikke svare mer", "answers no more questionnaires"),
    LeavingGrade.NO_FURTHER_USE: Words("vil ikke at svarene brukes", "forbids the use of the answers"),
    LeavingGrade.DIED: Words("døde", "died"),
}
REASONS: Meanings = {
    AbsenceReason.NOT_DUE: Words("ikke åpnet ennå", "the window has not opened"),
    AbsenceReason.NOT_SENT: Words("ingen melding om det er sendt", "no text about it has left"),
    AbsenceReason.UNDELIVERED: Words("ingen melding om det kom fram", "every text about it failed"),
    AbsenceReason.DELIVERY_UNKNOWN: Words(
        "en melding ble sendt, om den kom fram er ikke meldt", "a text left, no delivery was reported"
    ),
    AbsenceReason.NOT_OPENED: Words(
        "en melding kom fram, siden ble ikke påbegynt", "a text was delivered, the page was not begun"
    ),
    AbsenceReason.OPENED: Words("påbegynt, ikke sendt inn", "begun, not submitted"),
    AbsenceReason.PARTIAL: Words("spørsmål som skal besvares mangler", "required items are missing"),
    AbsenceReason.WITHDRAWN: Words("deltakeren trakk seg", "the participant withdrew"),
    AbsenceReason.CANCELLED: Words("dag 0 ble avlyst", "day 0 was called off"),
    AbsenceReason.VOIDED: Words("svaret teller ikke", "the response does not count"),
    AbsenceReason.LATE_BEYOND_GRACE: Words(
        "svaret kom da det ikke lenger ble tatt imot", "the answer came when it was no longer taken"
    ),
}
MODES: Meanings = {
    Mode.PAGE: Words("egen telefon", "own phone"),
    Mode.HELPED: Words("egen telefon, med hjelp", "own phone, with help"),
    Mode.SMS: Words("svar på SMS", "reply by SMS"),
    Mode.STAFF: Words("ansatte skrev det pasienten sa", "staff wrote what the patient said"),
    Mode.TELEPHONE: Words("intervju på telefon, skrevet inn av ansatte", "interview by telephone, typed by staff"),
    Mode.PAPER: Words("på papir, skrevet inn av ansatte", "on paper, typed by staff"),
}
PRESENTATIONS: Meanings = {
    Presentation.PAGE: Words("ett langt skjema", "one long form"),
    Presentation.PAGED: Words("ett spørsmål om gangen", "one question at a time"),
    Presentation.AROUND_TRANSLATED: Words(
        "ett om gangen; nettleseren oversatte siden rundt spørsmålene",
        "one at a time; the browser translated the page around the questions",
    ),
    Presentation.QUESTIONS_TRANSLATED: Words(
        "ett om gangen; nettleseren endret spørsmålenes ord",
        "one at a time; the browser changed the words of the questions",
    ),
    Presentation.DRAFT: Words("en kladd som aldri ble sendt", "a draft that was never sent"),
    Presentation.SMS: Words("på SMS", "by SMS"),
    Presentation.TYPED: Words("lest opp eller på papir", "read aloud or on paper"),
}
ANSWERERS: Meanings = {
    Answerer.HERSELF: Words("deltakeren selv", "the participant"),
    Answerer.HELPED: Words("deltakeren selv, med hjelp", "the participant, with help"),
    Answerer.PROXY: Words("en annen for deltakeren", "somebody else for the participant"),
}
NOT_DONE: Meanings = {
    NotDone.NOT_REACHED: Words("ikke å få tak i", "was not reached"),
    NotDone.TOO_ILL: Words("for syk", "too ill"),
    NotDone.HOSPITAL: Words("innlagt på sykehus", "in hospital"),
    NotDone.DECLINED: Words("ville ikke", "did not want to"),
    NotDone.LANGUAGE: Words("språk", "language"),
    NotDone.TECHNICAL: Words("teknisk feil", "technical fault"),
    NotDone.FORGOTTEN: Words("glemt av de ansatte", "forgotten by the staff"),
    NotDone.OTHER: Words("annet", "other"),
}
CHANNELS: Meanings = {
    Channel.SMS: Words("tekstmelding", "text message"),
    Channel.EMAIL: Words("e-post", "e-mail"),
}
MESSAGE_STATES: Meanings = {
    MessageState.QUEUED: Words("venter på å bli sendt", "waits to be sent"),
    MessageState.SENDING: Words("blir sendt", "is being sent"),
    MessageState.ACCEPTED: Words(
        "tatt imot av leverandøren, ikke meldt levert", "taken by the provider, no report of delivery"
    ),
    MessageState.DELIVERED: Words("meldt levert", "reported as delivered"),
    MessageState.FAILED: Words("avvist eller meldt ikke levert", "refused or reported as not delivered"),
    MessageState.SUPPRESSED: Words("ikke sendt, med en grunn", "not sent, with a reason"),
    MessageState.UNKNOWN: Words("sendt eller ikke: ikke avgjort ennå", "sent or not: not settled yet"),
}
EVENT_STATES: Meanings = {
    EventState.PLANNED: Words("planlagt", "planned"),
    EventState.HAPPENED: Words("fant sted", "took place"),
    EventState.CANCELLED: Words("finner ikke sted", "will not take place"),
}
NOT_ANSWERED: Meanings = {
    NotAnswered.SKIPPED: Words("sett og latt stå tomt", "seen and left empty"),
    NotAnswered.NOT_APPLICABLE: Words(
        "ikke spurt på grunn av et tidligere svar", "not asked because of an earlier answer"
    ),
    NotAnswered.NOT_RECORDED: Words("ingen grunn er notert", "no reason was recorded"),
    NotAnswered.VOIDED: Words("svaret teller ikke", "the response does not count"),
    NotAnswered.CORRECTED: Words("rettet til ikke besvart", "corrected to not answered"),
}
NOT_SCORED: Meanings = {
    Unscored.NOT_ANSWERED: Words("ingen av spørsmålene er besvart", "none of its items was answered"),
    Unscored.INCOMPLETE: Words("for få av spørsmålene er besvart", "too few of its items were answered"),
    Unscored.NOT_EMPLOYED: Words("ikke i lønnet arbeid", "not in paid work"),
    Unscored.NO_HOURS: Words("ingen timer som kunne regnes", "no hours that could be counted"),
    Unscored.NOT_APPLICABLE: Words(
        "et annet svar sier at det ikke gjelder", "another answer says that it does not apply"
    ),
    Unscored.NO_EARLIER: Words("ingen tidligere verdi å regne fra", "no earlier value to count from"),
    NotAnswered.NOT_RECORDED: Words("ingen grunn er notert", "no reason was recorded"),
}
YES_NO: Meanings = {"1": Words("Ja", "Yes"), "0": Words("Nei", "No")}
TICKED_WORDS: Meanings = {"1": Words("Krysset av", "Ticked"), "0": Words("Ikke krysset av", "Not ticked")}
MESSAGE_KINDS: Meanings = {
    MessageKind.INVITATION: Words("invitasjon", "invitation"),
    MessageKind.REMINDER_1: Words("første påminnelse", "first reminder"),
    MessageKind.REMINDER_2: Words("andre påminnelse", "second reminder"),
    **{
        reminder(number): Words(f"påminnelse nr. {number}", f"reminder no. {number}")
        for number in range(3, MOST_REMINDERS + 1)
    },
    MessageKind.REISSUE: Words("ny lenke", "new link"),
    MessageKind.TEST: Words("prøvemelding", "test text"),
    MessageKind.STOP: Words("bekreftet STOPP", "STOP confirmed"),
    MessageKind.START: Words("bekreftet START", "START confirmed"),
    MessageKind.HELP: Words("svar på HJELP", "answer to HELP"),
    **{
        MessageKind(f"question-{number}"): Words(f"spørsmål {number} på SMS", f"question {number} by SMS")
        for number in range(2, 7)
    },
    MessageKind.UNCLEAR: Words("spurte igjen", "asked again"),
    MessageKind.THANKS: Words("takk for svaret", "thanks for the answer"),
}
NOT_SENT: Meanings = {
    Reason.ANSWERED: Words("besvart", "answered"),
    Reason.WITHDRAWN: Words("deltakeren trakk seg", "the participant withdrew"),
    Reason.NO_TEXTS: Words("deltakeren vil ikke ha meldinger", "the participant wants no texts"),
    Reason.OPTED_OUT: Words("deltakeren sa STOPP", "the participant said STOP"),
    Reason.CLOSED: Words("vinduet var lukket", "the window had closed"),
    Reason.PAUSED: Words(
        "meldingene var satt på pause til vinduet lukket", "the staff let texts wait until the window had closed"
    ),
    Reason.MOVED: Words("besøket ble flyttet til en senere dag", "the visit was moved to a later day"),
    Reason.NO_NUMBER: Words("ikke noe nummer som kan brukes", "no usable number"),
    Reason.SITE_INACTIVE: Words("sykehuset er ikke i gang", "the site is not active"),
    Reason.COUNTRY: Words("det sendes ikke til dette landet", "the country is not allowed"),
    Reason.STUDY_CLOSED: Words("studien er avsluttet", "the study is closed"),
    Reason.DEMONSTRATION: Words("en demonstrasjon sender ikke", "a demonstration sends nothing"),
    Reason.NOT_LIVE: Words("studien er ikke i gang", "the study is not live yet"),
    Reason.OVERTAKEN: Words("en senere melding kom i stedet", "overtaken by a later text"),
    Reason.CANCELLED: Words("avlyst av en koordinator", "cancelled by a coordinator"),
    Reason.STALE: Words("for sent til å være til nytte", "too late to be of use"),
    Reason.OVER_BUDGET: Words("flere meldinger enn en dag har rom for", "more texts than a day's budget"),
    Reason.UNREADABLE: Words("kunne ikke settes opp", "could not be composed"),
    Reason.NO_TRACE: Words("leverandøren vet ikke om den", "no trace at the provider"),
}
NO_VALUE: Meanings = {
    **REASONS,
    OutcomeReason.NOT_ASKED: Words("svaret har ikke skjemaet", "the answer does not have the instrument"),
    OutcomeReason.ITEM_SKIPPED: Words("for få av spørsmålene er besvart", "too few of its items were answered"),
    OutcomeReason.NOT_APPLICABLE: Words(
        "et annet svar sier at det ikke gjelder", "another answer says that it does not apply"
    ),
    OutcomeReason.DIED: Words("deltakeren døde", "the participant died"),
    OutcomeReason.NOT_SCORED: Words("besvart før skåren fantes", "answered before the score was made"),
    AbsenceReason.PARTIAL: Words(
        "skjemaet står tomt i et svar med hull", "nothing of it was answered in a response with gaps"
    ),
}
NO_BASELINE_WORDS: Meanings = {
    BaselineReason.NOT_PLANNED: Words("protokollen har ingen baseline", "the protocol has no baseline"),
    BaselineReason.NO_PERIOD: Words("besøket er i ingen periode", "the visit is of no period"),
    BaselineReason.NO_ANCHOR: Words("dag 0 har ikke funnet sted", "day 0 has not taken place"),
    BaselineReason.NOT_ASKED: Words("det ble ikke spurt om før dag 0", "it was not asked about before day 0"),
    BaselineReason.AFTER_ANCHOR: Words("svaret kom da dag 0 hadde begynt", "the answer came when day 0 had begun"),
    BaselineReason.NO_VALUE: Words("svaret gir ingen verdi", "the answer gives no value"),
    BaselineReason.NOT_ANSWERED: Words("ikke besvart før dag 0", "not answered before day 0"),
}
CAUSES: Meanings = {**NOT_SENT, **NOT_SCORED, **LEFT_AS, **NOT_DONE}
CALLS: Meanings = {
    CallOutcome.REACHED: Words("snakket med deltakeren", "reached the participant"),
    CallOutcome.VOICEMAIL: Words("telefonsvarer", "voicemail"),
    CallOutcome.NO_ANSWER: Words("ikke svar", "no answer"),
    CallOutcome.WRONG_NUMBER: Words("feil nummer", "wrong number"),
    CallOutcome.CALL_AGAIN: Words("bedt om å ringe igjen", "asked to be called again"),
}
CORRECTION_KINDS: Meanings = {
    CorrectionKind.ANSWER: Words("verdien av et svar", "the value of an answer"),
    CorrectionKind.VOID: Words("at hele svaret ikke teller", "that the whole response does not count"),
}
CORRECTION_OUTCOMES: Meanings = {
    CorrectionOutcome.APPROVED: Words("godkjent med signatur", "approved and signed"),
    CorrectionOutcome.REFUSED: Words("avslått med signatur", "refused and signed"),
    CorrectionOutcome.CLOSED: Words("lukket uten avgjørelse", "closed without a decision"),
}
ROLES: Meanings = {
    Role.COORDINATOR: Words("koordinator", "coordinator"),
    Role.INVESTIGATOR: Words("utprøver", "investigator"),
    Role.DATA_MANAGER: Words("dataansvarlig", "data manager"),
    Role.STATISTICIAN: Words("statistiker", "statistician"),
    Role.MONITOR: Words("monitor", "monitor"),
    Role.ADMINISTRATOR: Words("administrator", "administrator"),
}
