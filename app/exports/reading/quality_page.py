"""The page on the quality of a night's data: counts for everybody, and a list of what to look at, by pseudonym.

It judges nobody: a remark is a reason to look, not an error. No answer in a patient's own words stands on it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from app.exports.meanings import MODES
from app.exports.quality.answers import ItemCount, ItemKey
from app.exports.quality.forms import FormCount
from app.exports.quality.night import Quality
from app.exports.quality.remarks import MOST_LISTED, Remark, RemarkKind
from app.exports.quality.visits import QUICK_SECONDS, VisitSummary, in_order, spread
from app.exports.reading.codebook_page import CONTENTS, in_words
from app.exports.reading.document import Grid, PageSection, ReadablePage
from app.exports.tables import Dataset, Words
from app.schedule.states import State

TITLE = Words("Datakvalitet i {study}", "Data quality of {study}")
LEAD = Words(
    "Status {at} UTC. Ingenting her sier at et svar er feil: det sier hvor noen bør se etter. Deltakere står med"
    " pseudonym, og ingen står med egne ord.",
    "As of {at} UTC. Nothing here says that an answer is wrong: it says where somebody should look. Participants stand"
    " with their pseudonym, and nobody's own words are shown.",
)
NOBODY = Words("Ingen besøk er planlagt ennå.", "No visit is planned yet.")
WINDOWS = Words("Besøk og vinduer", "Visits and windows")
WINDOWS_SAID = Words(
    "Av {expected} besøk som er forfalt eller åpne, uten dem som trakk seg, er {answered} besvart ({share}), {late} av"
    " dem etter at vinduet lukket.",
    "Of {expected} visits that are due or open, without those who withdrew, {answered} are answered ({share}), {late}"
    " of them after the window closed.",
)
BY_VISIT, BY_SITE = Words("Besøk", "By visit"), Words("Sykehus", "By site")
VISIT_HEAD, SITE_HEAD = Words("Besøk", "Visit"), Words("Sykehus", "Site")
STATE_HEADS = {
    State.COMPLETED: Words("I tide", "In time"),
    State.LATE: Words("For sent", "Late"),
    State.PARTIAL: Words("Delvis", "Partial"),
    State.MISSED: Words("Ubesvart", "Missed"),
    State.OPEN: Words("Åpent", "Open"),
    State.WITHDRAWN: Words("Trukket seg", "Withdrawn"),
    State.VOIDED: Words("Teller ikke", "Voided"),
    State.NOT_DUE: Words("Ikke forfalt", "Not due"),
    State.CANCELLED: Words("Avlyst", "Cancelled"),
}
ANSWERED_HEAD = Words("Besvart", "Answered")
LATENESS = Words("Minutter for sent, median", "Minutes late, median")
TIMES = Words("Tid til å svare", "Time to complete")
TIMES_SAID = Words(
    "Fra skjemaet ble åpnet til det ble sendt, på egen telefon; en pause teller med. Raskt er under {seconds} sekunder"
    " for hvert besvart spørsmål.",
    "From opening to sending, on the patient's own phone; a pause counts. Quick is below {seconds} seconds for each"
    " question that was answered.",
)
TIME_HEADS = (
    Words("Målt", "Measured"), Words("10 %", "10 %"), Words("Median", "Median"), Words("90 %", "90 %"),
    Words("Raskt", "Quick"),
)  # fmt: skip
BY_MODE, MODE_HEAD = Words("Måter å svare på", "Ways of answering"), Words("Hvordan", "How")
NUMBER_HEAD = Words("Antall", "Number")
QUESTIONS_HEAD = Words("Spørsmål", "Questions")
QUESTIONS_SAID = Words(
    "{out_of_range} av {answered} svar ligger utenfor det som spørreskjemaet tar imot. {left_out} spørsmål ble ikke"
    " besvart.",
    "{out_of_range} of {answered} answers are outside what their questionnaire takes. {left_out} questions were"
    " left out.",
)
BY_ITEM, ITEM = Words("Svar på hvert spørsmål", "Answers to each question"), Words("Spørsmål", "Question")
ITEM_HEADS = (
    Words("Versjon", "Version"), ANSWERED_HEAD, Words("Ikke besvart", "Left out"), Words("Ikke spurt", "Not asked"),
    Words("Laveste", "Lowest"), Words("Høyeste", "Highest"), Words("Utenfor", "Out of range"),
)  # fmt: skip
FORMS_HEAD = Words("Samme svar og like skjemaer", "Straight lines and duplicates")
FORMS_SAID = Words(
    "Samme svar hele veien: minst fem spørsmål med de samme svarene å velge mellom, alle besvart likt. Som forrige"
    " gang: hvert svar er det samme som ved besøket før. Som en annen: en annen deltaker ga alle de samme svarene"
    " samme dag.",
    "The same answer throughout: five questions or more with the same answers to choose from, all answered alike. As"
    " before: each answer is that of the visit before. As somebody else: another participant gave all the same answers"
    " on the same day.",
)
INSTRUMENT_HEAD = Words("Spørreskjema", "Questionnaire")
FORM_HEADS = (
    ANSWERED_HEAD, Words("Kan vurderes", "Long enough"), Words("Samme hele veien", "Same throughout"),
    Words("Som forrige gang", "As before"), Words("Som en annen", "As somebody else"),
)  # fmt: skip
REMARKS = Words("Se etter", "To look at")
NO_REMARKS = Words("Ingenting å se etter.", "Nothing to look at.")
REMARKS_SAID = Words("{count} merknader.", "{count} remarks.")
SHORTENED = Words("{count} merknader; de første {shown} står her.", "{count} remarks; the first {shown} stand here.")
REMARK_HEADS = (
    Words("Deltaker", "Participant"), VISIT_HEAD, INSTRUMENT_HEAD, Words("Hva", "What"),
    Words("Spørsmål eller deltaker", "Question or participant"),
)  # fmt: skip
REMARK_WORDS = {
    RemarkKind.OUT_OF_RANGE: Words("svaret er utenfor det skjemaet tar imot", "the answer is out of range"),
    RemarkKind.SAME_THROUGHOUT: Words("samme svar hele veien", "the same answer throughout"),
    RemarkKind.AS_BEFORE: Words("de samme svarene som ved besøket før", "the same answers as at the visit before"),
    RemarkKind.AS_SOMEBODY_ELSE: Words(
        "de samme svarene som en annen den dagen", "the answers of somebody else that day"
    ),
    RemarkKind.TWO_ON_A_DAY: Words("to besøk besvart samme dag", "two visits were answered on one day"),
    RemarkKind.QUICK: Words("besvart svært raskt", "answered very quickly"),
}  # fmt: skip


def quality_page(data: Dataset, quality: Quality) -> ReadablePage:
    """The page on these data, in the study's language."""
    language = data.language
    sections = (_windows, _times, _questions, _forms, _remarks)
    return ReadablePage(
        title=in_words(TITLE, language, study=data.study),
        language=language,
        contents=in_words(CONTENTS, language),
        sentences=(in_words(LEAD, language, at=f"{data.as_of:%Y-%m-%d %H:%M}"),),
        sections=tuple(section(quality, language) for section in sections),
    )


def _windows(quality: Quality, language: str) -> PageSection:
    visits = quality.visits.visits
    expected = sum(summary.expected for summary in visits.values())
    if not visits:
        return PageSection(in_words(WINDOWS, language), (in_words(NOBODY, language),))
    late = sum(summary.count(State.LATE) for summary in visits.values())
    answered = late + sum(summary.count(State.COMPLETED, State.PARTIAL) for summary in visits.values())
    facts = {"expected": expected, "answered": answered, "share": share(answered, expected), "late": late}
    by_visit = dict(in_order(visits))
    return PageSection(
        in_words(WINDOWS, language),
        (in_words(WINDOWS_SAID, language, **facts),),
        (
            _grid(BY_VISIT, (VISIT_HEAD, *_state_heads()), _state_rows(by_visit), language),
            _grid(
                BY_SITE, (SITE_HEAD, *_state_heads()), _state_rows(dict(sorted(quality.visits.sites.items()))), language
            ),
        ),
    )


def _times(quality: Quality, language: str) -> PageSection:
    rows = [(visit, *_time_cells(summary)) for visit, summary in in_order(quality.visits.visits) if summary.seconds]
    sites = [(site, *_time_cells(summary)) for site, summary in sorted(quality.visits.sites.items()) if summary.seconds]
    ways = [(in_words(MODES[mode], language), str(count)) for mode, count in sorted(quality.visits.modes.items())]
    grids = [
        _grid(BY_VISIT, (VISIT_HEAD, *TIME_HEADS), rows, language),
        _grid(BY_SITE, (SITE_HEAD, *TIME_HEADS), sites, language),
        _grid(BY_MODE, (MODE_HEAD, NUMBER_HEAD), ways, language),
    ]
    said = in_words(TIMES_SAID, language, seconds=QUICK_SECONDS)
    return PageSection(in_words(TIMES, language), (said,), tuple(grid for grid in grids if grid.rows))


def _questions(quality: Quality, language: str) -> PageSection:
    items = quality.answers.items
    rows = [_item_cells(key, counts, quality.answers.ends.get(key)) for key, counts in sorted(items.items())]
    every = sum(items.values(), Counter[ItemCount]())
    facts = {each.value: every[each] for each in ItemCount}
    grids = (_grid(BY_ITEM, (ITEM, *ITEM_HEADS), rows, language),) if rows else ()
    return PageSection(in_words(QUESTIONS_HEAD, language), (in_words(QUESTIONS_SAID, language, **facts),), grids)


def _forms(quality: Quality, language: str) -> PageSection:
    rows = [
        (
            f"{instrument} {version}",
            *_counts(*(counts[each] for each in FormCount)),
        )
        for (instrument, version), counts in sorted(quality.forms.forms.items())
    ]
    grids = (_grid(FORMS_HEAD, (INSTRUMENT_HEAD, *FORM_HEADS), rows, language),) if rows else ()
    return PageSection(in_words(FORMS_HEAD, language), (in_words(FORMS_SAID, language),), grids)


def _remarks(quality: Quality, language: str) -> PageSection:
    remarks = quality.remarks
    if not len(remarks):
        return PageSection(in_words(REMARKS, language), (in_words(NO_REMARKS, language),))
    words = SHORTENED if len(remarks) > MOST_LISTED else REMARKS_SAID
    said = in_words(words, language, count=len(remarks), shown=MOST_LISTED)
    rows = [_remark_cells(remark, language) for remark in remarks]
    return PageSection(in_words(REMARKS, language), (said,), (_grid(REMARKS, REMARK_HEADS, rows, language),))


def _remark_cells(remark: Remark, language: str) -> tuple[str, ...]:
    kind = in_words(REMARK_WORDS[remark.kind], language)
    return remark.participant, remark.visit, remark.instrument, kind, remark.detail


def _item_cells(key: ItemKey, counts: Counter[ItemCount], ends: tuple[Decimal, Decimal] | None) -> tuple[str, ...]:
    instrument, version, item = key
    given = _counts(*(counts[each] for each in (ItemCount.ANSWERED, ItemCount.LEFT_OUT, ItemCount.NOT_ASKED)))
    lowest, highest = (f"{end:f}" for end in ends) if ends else ("", "")
    return (f"{instrument}.{item}", version, *given, lowest, highest, str(counts[ItemCount.OUT_OF_RANGE]))


def _state_heads() -> tuple[Words, ...]:
    return (*STATE_HEADS.values(), ANSWERED_HEAD, LATENESS)


def _state_rows(summaries: Mapping[str, VisitSummary]) -> Iterator[tuple[str, ...]]:
    for name, summary in summaries.items():
        answered = summary.count(State.COMPLETED, State.LATE, State.PARTIAL)
        late = spread(summary.minutes_late)
        counts = _counts(*(summary.count(state) for state in STATE_HEADS))
        yield (name, *counts, share(answered, summary.expected), str(late[1]) if late else "")


def _time_cells(summary: VisitSummary) -> tuple[str, ...]:
    seconds = spread(summary.seconds) or (0, 0, 0)
    return (str(summary.seconds.total()), *map(clock, seconds), *_counts(summary.quick_seconds.total()))


def share(part: int, whole: int) -> str:
    """A part in whole per cent; nothing of nothing."""
    return f"{round(100 * part / whole)} %" if whole else ""


def clock(seconds: int) -> str:
    """So long, as minutes and seconds, or as hours where there are any."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _counts(*numbers: int) -> tuple[str, ...]:
    return tuple(map(str, numbers))


def _grid(caption: Words, heads: tuple[Words, ...], rows: Iterable[tuple[str, ...]], language: str) -> Grid:
    return Grid(in_words(caption, language), tuple(in_words(head, language) for head in heads), tuple(rows))
