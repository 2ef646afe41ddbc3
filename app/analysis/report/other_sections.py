"""The sections of every outcome: its table, curves, distributions, subgroups, events, descriptives."""

from functools import partial

from app.analysis.errors import NotEstimable, listed
from app.analysis.report.change_figure import change_figure
from app.analysis.report.checklists import CONSORT, SPIRIT, checklist
from app.analysis.report.confirmatory import METHOD_WORDS, family_table
from app.analysis.report.crossover_section import crossover_curve
from app.analysis.report.document import HtmlTable, Picture, Section
from app.analysis.report.events import event_frame, event_table, later_events, rate_frame
from app.analysis.report.figures import picture, write_csv
from app.analysis.report.fitted import Fitted
from app.analysis.report.missing import LATE, ON_TIME, missing_status
from app.analysis.report.outcome_figures import improvement, improvement_figure, standardised, standardised_figure
from app.analysis.report.outcome_tables import descriptive_frame, descriptive_table, outcome_table
from app.analysis.report.outcomes import OtherOutcome
from app.analysis.report.profiles import profile_frame, profile_model_table, profile_table
from app.analysis.report.reasons import or_why
from app.analysis.report.results import Results
from app.analysis.report.subgroups import subgroup_table
from app.analysis.report.words import interval, number, percent, shown_contrast, start
from app.analysis.trial.plan import inside

RATE_WORDS = (
    "Rate ratios are of events per year of that time, by a negative binomial model; exact, where an arm has none. "
)

CROSSED_WORDS = (
    "An event is that of the treatment whose period had begun, with the washout after it; n are those who were "
    "followed into such a period. No ratios: who has an event under one treatment may have it under another too. "
)


def other_sections(results: Results) -> tuple[Section, ...]:
    """Those that the plan asks for, and events and descriptives always."""
    sections = []
    if results.others:
        curves = [or_why(partial(_curve, results, other)) for other in results.others if other.curve]
        forest = [or_why(lambda: _forest(results))] if len(results.arms) > 1 else []
        sections.append(Section("outcomes", "Every outcome", (or_why(lambda: _outcomes(results)), *forest, *curves)))
    if results.plan.has_baseline:
        sections.append(Section("improved", "Improved by any amount", (or_why(lambda: _improved(results)),)))
    if results.plan.subgroups:
        sections.append(Section("subgroups", "Subgroups", (or_why(lambda: _subgroups(results)),)))
    if results.plan.profiles:
        tables = []
        for place, profile in enumerate(results.plan.profiles):
            tables.append(or_why(partial(_profile, results, place)))
            if profile.formula:
                tables.append(or_why(partial(_profile_models, results, place)))
        sections.append(Section("profiles", "Answers level by level", tuple(tables)))
    sections.append(Section("events", "Events", (or_why(lambda: _events(results)),)))
    sections.append(Section("descriptives", "As observed", (or_why(lambda: _descriptives(results)),)))
    return tuple(sections)


def confirmatory_sections(results: Results) -> tuple[Section, ...]:
    """The family of hypotheses, where the plan has one and the run is not blind."""
    family = results.plan.family
    if family is None or results.blind:
        return ()
    note = f"Adjusted by {METHOD_WORDS[family.method]}; familywise error {1 - results.plan.level:.3g}, two-sided."

    table = or_why(lambda: HtmlTable(family_table(results), "The confirmatory tests", note))
    return (Section("confirmatory", "Confirmatory tests", (table,)),)


def checklist_section(results: Results) -> Section:
    """CONSORT-PRO and SPIRIT-PRO, as far as plan and data can fill them."""
    note = f"Items in our own words. {results.blind_note}"
    consort = or_why(lambda: HtmlTable(checklist(results, CONSORT, "table-consort"), "CONSORT-PRO", note))
    spirit = or_why(lambda: HtmlTable(checklist(results, SPIRIT, "table-spirit"), "SPIRIT-PRO", note))
    return Section("checklists", "Checklists", (consort, spirit))


def _outcomes(results: Results) -> HtmlTable:
    note = (
        "Baseline and visit: mean (SD) as observed; n: with a value at the visit. Change (or mean, of an outcome "
        "without baseline) and difference by the model of each outcome; p is of the difference, or of the ratio with a "
        "star. The others are not adjusted for their number. "
    )
    if results.plan.arms.reference is not None:
        note += f"Difference: the arm of the row minus {inside(results.plan.arms.reference.name)}. "
    return HtmlTable(outcome_table(results), "Every outcome", f"{note}{results.blind_note}")


def _forest(results: Results) -> Picture:
    table = standardised(results)
    if table.empty:
        raise NotEstimable("no outcome could be estimated")
    parts = [f"{row['name']}: {number(row['estimate'], 2)} SD" for row in table.to_dict("records")]
    several = len(results.plan.contrast_weights) > 1
    of = f": {shown_contrast(next(iter(results.plan.contrast_weights)))}" if several else ""
    caption = (
        f"Every outcome in standard deviations{of}, with {percent(results.plan.level)} intervals; turned so that left "
        f"is better. {results.blind_note}"
    )
    return picture(results, "outcomes", standardised_figure(table, results), table, caption, "; ".join(parts))


def _curve(results: Results, other: OtherOutcome) -> Picture:
    if not isinstance(other.fit, Fitted):
        raise NotEstimable(other.fit.reason)
    if other.plan.crossover is not None:
        return crossover_curve(results, other, other.fit)
    figure = change_figure(other.fit, other.plan, results.arms, results.blind_note)
    parts = [
        f"{change.arm}, day {change.day}: {number(change.estimate)} ({interval(change.lower, change.upper)})"
        for change in other.fit.each_change()
    ]
    title = start(other.plan.outcome.title)
    caption = f"{title}: marginal mean {other.plan.measured_from}, by its model under Methods. {results.blind_note}"
    return picture(results, f"curve_{other.fit.analysis.id}", figure, other.fit.changes, caption, "; ".join(parts))


def _improved(results: Results) -> Picture:
    table = improvement(results)
    marks = [response.points for response in results.plan.responders if response.points is not None]
    figure = improvement_figure(table, results, marks)
    caption = f"Share of participants who improved by at least so much: responders at every cut. {results.blind_note}"
    said = [
        f"{arm}: {number(float(own.loc[own['points'] >= mark, 'percent'].max()))} % by {mark:g}"
        for arm, own in table.groupby("arm", sort=False)
        for mark in marks
    ]
    return picture(results, "improved", figure, table, caption, "; ".join(said))


def _subgroups(results: Results) -> HtmlTable:
    note = "The primary model with each factor's own courses; exploratory. "
    if len(results.plan.contrast_weights) > 1:
        note += f"Of {shown_contrast(next(iter(results.plan.contrast_weights)))}. "
    return HtmlTable(subgroup_table(results), "The primary difference in subgroups", note + results.note)


def _profile(results: Results, place: int) -> HtmlTable:
    note = f"Count (percent of those who answered). {results.blind_note}"
    return HtmlTable(profile_table(results, place), results.plan.profiles[place].title, note)


def _profile_models(results: Results, place: int) -> HtmlTable:
    plan, profile = results.plan, results.plan.profiles[place]
    frame = profile_frame(results, place)
    write_csv(frame, results.out / f"profile_{place + 1}.csv")
    note = (
        f"{profile.formula}, where level is each item {plan.at_visit(profile.days[-1])}. Odds ratio: by "
        "proportional odds, above 1 is more of worse levels. Any problem: by a logistic model, averages over everybody "
        f"in percent, errors by the delta method. {plan.populations[profile.population].title}; not adjusted for "
        "their number. "
    )
    return HtmlTable(profile_model_table(frame, results, place), f"{profile.title}: models", note + results.blind_note)


def _events(results: Results) -> HtmlTable:
    frame = event_frame(results)
    write_csv(frame, results.out / "events.csv")
    rates = rate_frame(results, sorted(set(frame["kind"])))
    if len(rates):
        write_csv(rates, results.out / "event_rates.csv")
    said = CROSSED_WORDS if results.plan.crossover is not None else RATE_WORDS if len(rates) else ""
    doses = [kind.replace("_", " ") for kind in results.plan.treatment_events if kind in set(frame["kind"])]
    said += f"No ratio is given of {listed(doses, 20)}, the treatment itself. " if doses else ""
    title = "Events by arm" if results.plan.arms.reference else "Events"
    note = f"{_counted_words(results)}{said}{results.blind_note}"
    return HtmlTable(event_table(results), title, note)


def _counted_words(results: Results) -> str:
    """Whose events are counted from when to when, and how many others the export has."""
    later = later_events(results)
    rest = f"{later} later {'event is' if later == 1 else 'events are'} not counted. " if later else ""
    end = "" if results.plan.visit_codes else "the last visit, "
    return f"Of everybody with a day 0, from day 0 until {end}the withdrawal or the export. {rest}"


def _descriptives(results: Results) -> HtmlTable:
    write_csv(descriptive_frame(results), results.out / "descriptives.csv")
    table = descriptive_table(results, missing_status(results), (ON_TIME, LATE))
    note = f"Of the primary outcome; of every outcome in descriptives.csv. {results.blind_note}"
    return HtmlTable(table, f"{results.plan.outcome.name} as observed", note)
