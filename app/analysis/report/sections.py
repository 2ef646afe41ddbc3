"""The sections of the report in the order of reading: the answer first, then how it came about."""

from app.analysis.plan import inside
from app.analysis.report.change_figure import change_figure
from app.analysis.report.document import Picture, Section, Table, Text
from app.analysis.report.fitting import pooled_change
from app.analysis.report.flow_figure import flow_figure
from app.analysis.report.methods import estimands_table, methods_text, provenance_table
from app.analysis.report.run import Results
from app.analysis.report.tables import analyses_table, change_table, pooled_table
from app.analysis.report.words import effect_text, interval, number, percent, truth_text, verdict
from app.analysis.report.writing import picture


def every_section(results: Results) -> tuple[Section, ...]:
    """All sections; making one writes its figures beside the report."""
    pooled = (Section("pooled", "All participants together", (_pooled_table(results),)),) if results.blind else ()
    return (
        Section("result", "The primary result", (_primary_text(results), _change_picture(results))),
        *pooled,
        Section("visits", "Change at every visit", (_change_table(results),)),
        Section("flow", "Participants", (_flow_picture(results),)),
        Section("analyses", "All analyses", (_analyses_table(results),)),
        Section("methods", "Methods", (Text(methods_text(results.plan, results.done)),)),
        Section("estimands", "Estimands", (Table(estimands_table(results.plan), "Estimands by ICH E9(R1)"),)),
        Section("provenance", "Provenance", (_provenance(results),)),
    )


def _primary_text(results: Results) -> Text:
    plan, effect = results.plan, results.effect
    reference, active = results.arms
    day = plan.primary_day
    means = {change.arm: number(change.estimate) for change in results.primary.each_change() if change.day == day}
    lead = (
        f"At {plan.visit_title(day)}, {plan.outcome.name} had changed by {means[active]} {plan.outcome.unit} with "
        f"{inside(active)} and by {means[reference]} with {inside(reference)}: difference {effect_text(effect, plan)}; "
        f"{verdict(effect, plan)}."
    )
    used = f"{results.primary.n_participants} participants with at least one infusion, {results.primary.n_rows} values"
    paragraphs = [lead, plan.direction, f"{results.primary.analysis.title}; {used}."]
    if results.truth is not None:
        paragraphs.append(truth_text(results.truth, effect, plan))
    return Text(tuple(paragraphs), lead=True)


def _change_picture(results: Results) -> Picture:
    plan = results.plan
    figure = change_figure(results.primary, plan, results.arms, results.note)
    parts = [
        f"{change.arm}, {plan.visit_title(change.day)}: "
        f"{number(change.estimate)} ({interval(change.lower, change.upper)})"
        for change in results.primary.each_change()
    ]
    caption = (
        f"Figure 2. Marginal mean change of {plan.outcome.name} from baseline, with {percent(plan.level)} intervals. "
        f"{results.note}"
    )
    return picture(results, "figure2", figure, results.primary.changes, caption, "; ".join(parts))


def _flow_picture(results: Results) -> Picture:
    figure = flow_figure(results.flow, results.note)
    parts = [f"{stage} {arm}: {count}" for stage, arm, count in results.flow.rows()]
    caption = "Figure 1. Flow of participants."
    return picture(results, "figure1", figure, results.flow.table(), caption, "; ".join(parts))


def _change_table(results: Results) -> Table:
    plan = results.plan
    fits = [one for one in (results.primary, *results.supporting) if one.analysis.model in ("lmm", "mmrm")]
    caption = f"Table 2. Mean change of {plan.outcome.name} from baseline and difference of change"
    note = f"{results.note} The primary visit is in bold. CI: {percent(plan.level)} confidence interval."
    return Table(change_table(fits, plan, results.arms), caption, note)


def _analyses_table(results: Results) -> Table:
    plan = results.plan
    caption = f"Table 3. Difference of change at {plan.visit_title(plan.primary_day)} by every analysis"
    return Table(analyses_table(results.done, plan), caption, results.note)


def _pooled_table(results: Results) -> Table:
    plan = results.plan
    rows = pooled_change(results.dataset, plan)
    note = "From a model that knows no arms: the blind look at the data, for statisticians only."
    return Table(
        pooled_table(rows, plan), f"Mean change of {plan.outcome.name} from baseline, both arms together", note
    )


def _provenance(results: Results) -> Table:
    html = provenance_table(results.snapshot, results.plan, results.allocation_sha256)
    return Table(html, "Where the numbers come from", "Each file was checked against the manifest before it was read.")
