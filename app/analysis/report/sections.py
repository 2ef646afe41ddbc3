"""The sections of the report in the order of reading: the answer first, then how it came about."""

from app.analysis.errors import NotEstimable
from app.analysis.report.baseline import baseline_table
from app.analysis.report.change_figure import change_figure
from app.analysis.report.crossover_section import crossover_picture, crossover_sections
from app.analysis.report.document import Block, HtmlTable, Picture, Section, Text
from app.analysis.report.figures import picture
from app.analysis.report.fitted import fitted_only
from app.analysis.report.fitting import pooled_change
from app.analysis.report.flow_figure import flow_figure
from app.analysis.report.forest_figure import forest_data, forest_figure
from app.analysis.report.generalised_words import generalised_sentence
from app.analysis.report.imputed import tipping_map
from app.analysis.report.margins import judged
from app.analysis.report.methods import adjustment_words, estimands_table, methods_text, provenance_table
from app.analysis.report.missing import missing_status, missing_table, pattern_table
from app.analysis.report.model_checks import model_checks
from app.analysis.report.other_sections import checklist_section, confirmatory_sections, other_sections
from app.analysis.report.reasons import or_why
from app.analysis.report.responding import blinding_table, responder_table
from app.analysis.report.results import Results
from app.analysis.report.robustness_section import robustness_sections
from app.analysis.report.spaghetti_figure import spaghetti_figure
from app.analysis.report.tables import analyses_table, change_table, not_done_words, pooled_table
from app.analysis.report.tipping_figure import tipping_figure, tips_at
from app.analysis.report.words import effect_text, interval, number, percent, primary_sentence, start, truth_text
from app.analysis.trial.dataset import for_analysis
from app.analysis.trial.plan import Plan, inside
from app.analysis.trial.planned import GENERALISED
from app.analysis.trial.planned_formulas import EVENTS_COLUMN, RESPONSE

IN_TABLE_2 = ("lmm", "mmrm", "crossover", *GENERALISED)
"""The supporting models that stand below the primary one, visit by visit."""


def every_section(results: Results) -> tuple[Section, ...]:
    """All sections; making one writes its figures beside the report."""
    pooled = (
        (Section("pooled", "All participants together", (or_why(lambda: _pooled_table(results)),)),)
        if results.blind
        else ()
    )
    return (
        Section(
            "result",
            "The primary result",
            (or_why(lambda: _primary_text(results)), or_why(lambda: _change_picture(results))),
        ),
        *pooled,
        Section("visits", _visits_title(results.plan), (or_why(lambda: _change_table(results)),)),
        *crossover_sections(results),
        Section(
            "flow", "Participants", (or_why(lambda: _flow_picture(results)), or_why(lambda: _baseline_table(results)))
        ),
        *confirmatory_sections(results),
        *other_sections(results),
        Section("analyses", "All analyses", (or_why(lambda: _forest_picture(results)), _analyses_table(results))),
        *_tipping(results),
        *robustness_sections(results),
        *_responding(results),
        Section("courses", "Every participant's course", (or_why(lambda: _spaghetti_picture(results)),)),
        Section("missing", "Missing data", _missing(results)),
        Section("checks", "Model checks", tuple(or_why(check) for check in model_checks(results))),
        Section("methods", "Methods", (Text(_methods(results)),)),
        Section("estimands", "Estimands", (HtmlTable(estimands_table(results.plan), "Estimands by ICH E9(R1)"),)),
        checklist_section(results),
        Section("provenance", "Provenance", (_provenance(results),)),
    )


def _methods(results: Results) -> tuple[str, ...]:
    others = [(other.fit, other.plan) for other in results.others]
    return methods_text(results.plan, results.done, others)


def _primary_text(results: Results) -> Text:
    plan, effect = results.plan, results.effect
    said = generalised_sentence if results.primary.analysis.is_generalised else primary_sentence
    paragraphs = [said(results.primary, plan), plan.direction]
    population = inside(plan.populations[results.primary.analysis.population].title)
    used = f"{results.primary.n_participants} participants ({population}), {results.primary.n_rows} values"
    paragraphs.append(f"{results.primary.analysis.title}; {used}.")
    if results.primary.analysis.margin is not None:
        paragraphs.insert(1, judged(effect, results.primary.analysis.margin, plan).words)
    if results.truth is not None:
        paragraphs.append(truth_text(results.truth, effect, plan))
    return Text(tuple(paragraphs), lead=True)


def _change_picture(results: Results) -> Picture:
    plan = results.plan
    if plan.crossover is not None:
        return crossover_picture(results)
    figure = change_figure(results.primary, plan, results.arms, results.note)
    parts = [
        f"{change.arm}, {plan.visit_title(change.day)}: "
        f"{number(change.estimate)} ({interval(change.lower, change.upper)})"
        for change in results.primary.each_change()
    ]
    caption = f"Marginal mean {plan.measured_from}, with {percent(plan.level)} intervals. {results.blind_note}"
    return picture(results, "primary", figure, results.primary.changes, caption, "; ".join(parts))


def _flow_picture(results: Results) -> Picture:
    figure = flow_figure(results.flow, results.blind_note)
    parts = [f"{stage} {arm}: {count}" for stage, arm, count in results.flow.rows()]
    caption = f"Flow of participants. {results.blind_note}"
    return picture(results, "flow", figure, results.flow.table(), caption, "; ".join(parts))


def _baseline_table(results: Results) -> HtmlTable:
    note = "Mean (standard deviation) or count (percent), everyone with a day 0; no tests by intention."
    return HtmlTable(baseline_table(results), f"Before {results.plan.anchor.title}", f"{note} {results.blind_note}")


def _forest_picture(results: Results) -> Picture:
    plan, fits = results.plan, list(fitted_only(results.done))
    if not fits:
        raise NotEstimable("no analysis could be done")
    figure = forest_figure(fits, plan, results.note)
    caption = f"{start(_compared(plan))} {plan.at_primary} by every analysis. {results.blind_note}"
    parts = [f"{fitted.analysis.title}: {effect_text(fitted.effect(plan.primary_day), plan)}" for fitted in fits]
    return picture(results, "analyses", figure, forest_data(fits, plan), caption, "; ".join(parts))


def _compared(plan: Plan) -> str:
    """What every analysis estimates: the difference of change of ODI; of one group its change."""
    return f"difference of {plan.measured}" if plan.arms.reference else plan.measured


def _visits_title(plan: Plan) -> str:
    if plan.crossover is not None:
        return f"{plan.outcome.name} under each treatment"
    return f"{start(plan.measured)} at every visit"


def _spaghetti_picture(results: Results) -> Picture:
    plan, long = results.plan, results.dataset.long
    if plan.outcome.score in (RESPONSE, EVENTS_COLUMN):
        raise NotEstimable("a yes or no, or a count, has no course to draw; see it as observed")
    if plan.crossover is not None:
        long = long.assign(arm=long["sequence"])
    figure = spaghetti_figure(long, plan, tuple(plan.groups.values()), results.blind_note)
    data = long[["participant", "arm", "day", plan.outcome.score]]
    by = "sequence" if plan.crossover is not None else "arm" if plan.arms.reference else ""
    caption = f"{plan.outcome.name} of every participant{f', by {by}' if by else ''}. {results.blind_note}"
    panels = f", one panel for each {by}, with its mean" if by else ", with their mean"
    description = f"{long['participant'].nunique()} thin lines{panels}."
    return picture(results, "courses", figure, data, caption, description)


def _tipping(results: Results) -> tuple[Section, ...]:
    """The map of shifts, if the plan asks for one and its imputation could be done."""
    plan = results.plan
    shifted = next((fitted for fitted in fitted_only(results.done) if fitted.analysis.id == plan.tipping_of), None)
    if shifted is None:
        return ()
    dataset = for_analysis(results.dataset, results.snapshot, plan, shifted.analysis)
    table = tipping_map(results.imputer, dataset, shifted.analysis)
    figure = tipping_figure(table, plan, results.arms, results.note)
    caption = (
        f"Difference {plan.at_visit(plan.primary_day)} if the imputed values were better or worse. {results.blind_note}"
    )
    lead = f"{shifted.analysis.title}, with points added to the imputed values of either arm. {tips_at(table, plan)}"
    shown = picture(results, "tipping", figure, table, caption, tips_at(table, plan))
    return (Section("tipping", "What missing values would have to be", (Text((lead,)), shown)),)


def _responding(results: Results) -> tuple[Section, ...]:
    sections = []
    if results.plan.responders and results.plan.has_baseline and len(results.arms) > 1:
        sections.append(Section("responders", "Responders", (or_why(lambda: responder_table(results)),)))
    if tables := blinding_table(results):
        sections.append(Section("blinding", "Was the blind kept", tables))
    return tuple(sections)


def _missing(results: Results) -> tuple[Block, ...]:
    if results.plan.outcome.score == EVENTS_COLUMN:
        said = "Events are counted over the time that each participant was followed, so no visit of it can be missing."
        return (Text((said,)),)
    status = missing_status(results)
    name = results.plan.outcome.name
    visits = ", ".join(results.plan.visit_title(day) for day in results.plan.visits)
    return (
        HtmlTable(missing_table(status, results), f"What became of {name} at each visit", results.blind_note),
        HtmlTable(
            pattern_table(status, results),
            f"Patterns of answered (●) and missing (○) {name}",
            f"In the order of the visits: {visits}. {results.blind_note}",
        ),
    )


def _change_table(results: Results) -> HtmlTable:
    plan = results.plan
    fits = [results.primary, *(fit for fit in results.supporting if fit.analysis.model in IN_TABLE_2)]
    difference = f" and difference{' of change' if plan.has_baseline else ''}" if plan.arms.reference else ""
    caption = f"Mean {plan.measured_from}{difference}"
    bold = "The primary visit is in bold. " if plan.crossover is None else ""
    note = f"{results.note} {bold}CI: {percent(plan.level)} confidence interval. {adjustment_words(plan)}".strip()
    return HtmlTable(change_table(fits, plan, results.shown_arms), caption, note)


def _analyses_table(results: Results) -> HtmlTable:
    plan = results.plan
    caption = f"{start(_compared(plan))} {plan.at_primary} by every analysis"
    note = " ".join((results.note, *not_done_words(results.done)))
    return HtmlTable(analyses_table(results.done, plan), caption, note)


def _pooled_table(results: Results) -> HtmlTable:
    plan = results.plan
    if plan.primary.is_generalised:
        raise NotEstimable("there is no pooled model of a yes or no, of counts or of levels; see them as observed")
    rows = pooled_change(results.dataset, plan)
    note = "From a model that knows no arms: the blind look at the data, for statisticians only."
    return HtmlTable(pooled_table(rows, plan), f"Mean {plan.measured}, all arms together", note)


def _provenance(results: Results) -> HtmlTable:
    html = provenance_table(results.snapshot, results.plan, results.allocation_sha256)
    return HtmlTable(
        html, "Where the numbers come from", "Each file was checked against the manifest before it was read."
    )
