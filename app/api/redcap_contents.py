"""What can be asked for by `content`, each as REDCap's documentation has it: lists of rows, or a text."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.core.problems import BadInput
from app.exports.redcap_dictionary import ARM, RECORD_ID, RedcapDictionary, RedcapField
from app.exports.redcap_records import EVENT_NAME, GROUP, GROUPED, RedcapWish, by_value, columns, flat
from app.exports.tables import Dataset
from app.studies.models import Site, Study

REDCAP_VERSION = "14.0.0"
"""Of the REDCap whose API this speaks like: clients look at it to know what they may ask for."""
PLAIN = ("section_header", "identifier", "branching_logic", "required_field", "custom_alignment", "question_number",
         "matrix_group_name", "matrix_ranking")  # fmt: skip
"""What a data dictionary has, and we have nothing to say about."""
OFF = ("production_time", "purpose", "purpose_other", "project_irb_number", "project_grant_number",
       "project_pi_firstname", "project_pi_lastname", "custom_record_label", "secondary_unique_field",
       "missing_data_codes", "external_modules")  # fmt: skip
NEVER_HERE = ("has_repeating_instruments_or_events", "surveys_enabled", "scheduling_enabled", "randomization_enabled",
              "record_autonumbering_enabled", "ddp_enabled", "display_today_now_button",
              "bypass_branching_erase_field_prompt")  # fmt: skip


@dataclass(frozen=True)
class RedcapAsk:
    """A request, and all that its answer is made of."""

    study: Study
    sites: tuple[Site, ...]
    data: Dataset
    book: RedcapDictionary
    wish: RedcapWish
    kind: str
    form: Mapping[str, str]


Rows = Iterable[Mapping[str, object]]


def fields_of(ask: RedcapAsk) -> list[RedcapField]:
    """The fields of the dictionary that were asked for."""
    wish = ask.wish
    everything = not (wish.fields or wish.forms)
    return [each for each in ask.book.fields if everything or each.name in wish.fields or each.form in wish.forms]


def metadata(ask: RedcapAsk) -> Rows:
    """The data dictionary, a row for each field."""
    for each in fields_of(ask):
        choices = " | ".join(f"{code}, {label}" for code, label in (each.choices or {}).items())
        row = dict.fromkeys(PLAIN, "") | {
            "field_name": each.name, "form_name": each.form, "field_type": each.type, "field_label": each.label,
            "select_choices_or_calculations": choices, "field_note": "" if each.note.startswith("@") else each.note,
            "text_validation_type_or_show_slider_number": each.validation, "text_validation_min": each.least,
            "text_validation_max": each.most, "field_annotation": each.note if each.note.startswith("@") else "",
        }  # fmt: skip
        yield {name: row[name] for name in DICTIONARY}


DICTIONARY = (
    "field_name", "form_name", "section_header", "field_type", "field_label", "select_choices_or_calculations",
    "field_note", "text_validation_type_or_show_slider_number", "text_validation_min", "text_validation_max",
    "identifier", "branching_logic", "required_field", "custom_alignment", "question_number", "matrix_group_name",
    "matrix_ranking", "field_annotation",
)  # fmt: skip


def records(ask: RedcapAsk) -> Rows:
    """Who takes part, and what was answered."""
    rows = by_value if ask.kind == "eav" else flat
    return rows(ask.data, ask.book, ask.wish)


def record_columns(ask: RedcapAsk) -> list[str]:
    """The columns of `records`, also where nobody is there."""
    if ask.kind == "eav":
        return ["record", EVENT_NAME, "field_name", "value"]
    return [RECORD_ID, EVENT_NAME, *([GROUP] if ask.wish.groups else []), *columns(ask.book, ask.wish)]


def export_field_names(ask: RedcapAsk) -> Rows:
    """Each field by the name under which its values are exported: its own."""
    names = list[str]()
    for form in ask.book.forms:
        names += [each.name for each in ask.book.fields if each.form == form] + [f"{form}_complete"]
    only = ask.form.get("field", "")
    if only and only not in names:
        raise BadInput(f"There is no field {only}.")
    for name in [only] if only else names:
        yield {"original_field_name": name, "choice_value": "", "export_field_name": name}


def instruments(ask: RedcapAsk) -> Rows:
    """The forms, in their order."""
    return ({"instrument_name": form, "instrument_label": label} for form, label in ask.book.forms.items())


def events(ask: RedcapAsk) -> Rows:
    """The visits, as events of the one arm."""
    for number, event in enumerate(ask.book.events, start=1):
        yield {"event_name": event.label, "arm_num": ARM, "unique_event_name": event.name,
               "custom_event_label": "", "event_id": number}  # fmt: skip


def form_event_mapping(ask: RedcapAsk) -> Rows:
    """Which form is asked at which visit."""
    for event in ask.book.events:
        for form in event.forms:
            yield {"arm_num": ARM, "unique_event_name": event.name, "form": form}


def arms(ask: RedcapAsk) -> Rows:
    """One for all: of treatments nothing is known here."""
    return [{"arm_num": ARM, "name": "All participants"}]


def groups(ask: RedcapAsk) -> Rows:
    """The sites, as groups of people."""
    return [
        {"data_access_group_name": site.name, "unique_group_name": f"{GROUPED}{site.code}",
         "data_access_group_id": number}
        for number, site in enumerate(ask.sites, start=1)
    ]  # fmt: skip


def project(ask: RedcapAsk) -> Mapping[str, object]:
    """What is said of the study as a whole."""
    created = f"{ask.study.created_at:%Y-%m-%d %H:%M:%S}"
    facts = {"project_id": ask.study.id, "project_title": ask.study.title, "creation_time": created}
    in_production = int(not ask.data.practice)
    more = {"in_production": in_production, "project_language": "English", "project_notes": f"Study {ask.study.code}"}
    return facts | dict.fromkeys(OFF, "") | more | {"is_longitudinal": 1} | dict.fromkeys(NEVER_HERE, 0)


LISTS: Mapping[str, Callable[[RedcapAsk], Rows]] = {
    "record": records,
    "metadata": metadata,
    "exportFieldNames": export_field_names,
    "instrument": instruments,
    "event": events,
    "formEventMapping": form_event_mapping,
    "arm": arms,
    "dag": groups,
}
