"""The methods text and the provenance: every choice in words, every input with its hash."""

from collections.abc import Iterator, Sequence

import pandas as pd

from app.analysis.errors import listed
from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.generalised import decides, is_repeated
from app.analysis.report.generalised_words import missing_words, response_words
from app.analysis.report.tables import html_table
from app.analysis.report.words import MINUS, percent, shown_contrast, start
from app.analysis.results.record import versions
from app.analysis.trial.plan import CrossoverDesign, Plan, PlannedAnalysis
from app.analysis.trial.snapshot import Snapshot

MODEL_WORDS = {
    "lmm": "a linear mixed model with a random intercept for the participant, fitted by restricted maximum likelihood "
    "to baseline and all scheduled visits",
    "mmrm": "a mixed model for repeated measures, fitted by restricted maximum likelihood to all "
    "scheduled visits after baseline",
    "clda": "a constrained longitudinal analysis (one common mean at baseline), fitted by restricted maximum "
    "likelihood to baseline and all scheduled visits",
    "crossover": "a cross-over model with fixed effects of sequence, period and treatment and a random participant, "
    "fitted by restricted maximum likelihood to the mean of each period",
    "imputation": "imputation of missing values from a mixed model for repeated measures",
    "logistic": "a logistic model",
    "log-binomial": "a log-binomial model",
    "poisson": "a Poisson model",
    "negative-binomial": "a negative binomial model",
    "ordinal": "a proportional odds model of the complete cases at its visit",
    "ancova": "an analysis of covariance of the complete cases at the primary visit, with HC3 standard errors",
}
STRATEGY_WORDS = {
    "MAR": "as missing at random",
    "J2R": "as if the person had jumped to the reference arm",
    "CR": "as if the person had been in the reference arm throughout (copy reference)",
    "CIR": "as changing from there on as in the reference arm (copy increments in reference)",
    "LMCF": "as staying at the mean of the last visit before it (last mean carried forward)",
}
POOLING_WORDS = {
    "condmean-jackknife": "conditional means, with jackknife standard errors",
    "bootstrap": "conditional means, with bootstrap standard errors",
    "approx-bayes": "random draws, pooled by Rubin's rules with Barnard and Rubin's degrees of freedom",
}
COVARIANCE_WORDS = {
    "us": "unstructured",
    "toep": "Toeplitz",
    "toeph": "heterogeneous Toeplitz",
    "ar1": "first-order autoregressive",
    "ar1h": "heterogeneous first-order autoregressive",
    "cs": "compound symmetry",
    "csh": "heterogeneous compound symmetry",
    "ad": "ante-dependence",
    "adh": "heterogeneous ante-dependence",
    "sp_exp": "exponential in the days between visits",
}
DF_WORDS = {
    "satterthwaite": "Satterthwaite degrees of freedom",
    "kenward-roger": "Kenward and Roger's standard errors and degrees of freedom",
    "kenward-roger-linear": "Kenward and Roger's standard errors and degrees of freedom (without second derivatives)",
    "between-within": "between-within degrees of freedom",
    "residual": "residual degrees of freedom",
    "normal": "the normal distribution",
}
BY_EXPECTED_INFORMATION = "Kenward and Roger's standard errors and degrees of freedom (expected information)"
RANDOM_DF_WORDS = {"kenward-roger": BY_EXPECTED_INFORMATION, "kenward-roger-linear": BY_EXPECTED_INFORMATION}
"""For random effects: the covariance is linear in its parameters, so both variants are one."""
ERROR_WORDS = {
    "model": "the model's own standard errors and z tests",
    "sandwich": "robust standard errors and t tests",
    "kauermann-carroll": "robust standard errors corrected by Kauermann and Carroll, and t tests",
    "mancl-derouen": "robust standard errors corrected by Mancl and DeRouen, and t tests",
    "fay-graubard": "robust standard errors corrected by Fay and Graubard, and t tests",
}
ADJUST_WORDS = {
    "none": "p values and intervals of the differences of arms are not adjusted for their number",
    "tukey": "differences of arms are adjusted by Tukey's studentized range at each visit",
    "dunnett": "differences from the reference are adjusted by Dunnett's joint t at each visit",
    "joint": "differences of arms are adjusted by their joint t at each visit",
    "holm": "p values of the differences of arms are adjusted by Holm at each visit, intervals by Bonferroni",
    "bonferroni": "differences of arms are adjusted by Bonferroni at each visit",
}
REPORT_PACKAGES = ("svar", "numpy", "scipy", "pandas", "formulaic", "matplotlib", "great-tables")


def methods_text(
    plan: Plan, done: Sequence[Fitted | NotFitted], others: Sequence[tuple[Fitted | NotFitted, Plan]] = ()
) -> tuple[str, ...]:
    """One paragraph for the common choices, then one for each analysis; `others` with the plan of their outcome."""
    outcome = plan.outcome
    baseline = f"{_baseline_words(plan)}{_visit_words(plan)}"
    scale = f"{outcome.minimum:g} to {outcome.maximum:g} {outcome.unit}, {outcome.better} is better"
    common = (
        f"The primary outcome: {outcome.title} ({outcome.name}, {scale}). {baseline} Late answers within "
        f"grace are used unless an analysis leaves them out. {_missing_words(plan)} Tests are two-sided, intervals "
        f"{percent(plan.level)}; there is one primary analysis and no adjustment for multiplicity of the others."
        f"{_contrast_words(plan)}"
    )
    return (common, *(_analysis_text(fit, plan) for fit in done), *(_analysis_text(*other) for other in others))


def _missing_words(plan: Plan) -> str:
    if plan.primary.is_generalised:
        return (
            f"{response_words(plan)}Models of one visit use who has a value there, those of several are estimating "
            "equations; both take missing values for missing completely at random given the model's covariates."
        )
    return (
        "Except where an analysis says so, missing values are not imputed: the likelihood uses every observed value, "
        "which is valid if values are missing at random given what was observed. Marginal means give every site the "
        "same weight; after imputation they are those of the participants as they are."
    )


def _baseline_words(plan: Plan) -> str:
    if plan.primary.is_generalised:
        return f"Days count from {plan.anchor.title}."
    if plan.crossover is not None:
        return crossover_words(plan.crossover, plan.anchor.title)
    if not plan.has_baseline:
        return f"There is no baseline: the models are of the score itself. Days count from {plan.anchor.title}."
    start = plan.anchor.title
    return (
        f"Baseline is the last answer before {start}, by the export's flag; days count from {start}. An answer after "
        "it is never baseline."
    )


def _visit_words(plan: Plan) -> str:
    """Which visits their code tells, as the plan names them."""
    if not plan.visit_codes:
        return ""
    named = "; ".join(f"{plan.visit_title(day)} is visit {code}" for day, code in sorted(plan.visit_codes.items()))
    return f" Visits are told by their code, not by their day: {named}."


def _contrast_words(plan: Plan) -> str:
    """Which differences of more than two arms are estimated, with their weights, and how they are adjusted."""
    if len(plan.contrast_weights) < 2 and plan.contrasts == "vs_reference":
        return ""
    weights = (
        f"{shown_contrast(name)} ({', '.join(f'{arm} {weight:g}'.replace('-', MINUS) for arm, weight in own.items())})"
        for name, own in plan.contrast_weights.items()
    )
    return f" Contrasts, with the weights of the arms: {'; '.join(weights)}; {ADJUST_WORDS[plan.adjust]}."


def adjustment_words(plan: Plan) -> str:
    """How p values and intervals of several differences are adjusted, as a sentence; nothing of one difference."""
    return f"{start(ADJUST_WORDS[plan.adjust])}." if len(plan.contrast_weights) > 1 else ""


def _analysis_text(fit: Fitted | NotFitted, plan: Plan) -> str:
    analysis = fit.analysis
    built = _built(analysis, plan)
    words = MODEL_WORDS[analysis.model]
    words = words if plan.has_baseline else words.replace("baseline and all", "all").replace(" after baseline", "")
    model = f"{words}: {analysis.formula or built}{_inference(analysis)}"
    population = plan.populations[analysis.population].title
    text = f"{analysis.title} ({analysis.role}): {model}. Population: {population[0].lower()}{population[1:]}."
    if analysis.model == "imputation":
        text += f" Each completed primary visit is analysed by ANCOVA: {analysis.analysis}."
    if analysis.leave_out:
        text += f" Left out: {left_out_words(analysis.leave_out)}."
    text += missing_words(analysis)
    if isinstance(fit, NotFitted):
        return f"{text} It could not be estimated: {fit.reason}"
    notes = "".join(f" {note[0].upper()}{note[1:].rstrip('.')}." for note in fit.notes)
    return f"{text} {fit.n_participants} participants, {fit.n_rows} values.{notes}"


def _built(analysis: PlannedAnalysis, plan: Plan) -> str:
    """The formula of a model that builds its own columns."""
    if analysis.model == "crossover":
        carried = ["what is carried over"] if analysis.carry_over else []
        return f"{plan.outcome.score} ~ {' + '.join([*analysis.covariates, 'sequence', 'period', 'arm', *carried])}"
    return f"{plan.outcome.score} ~ {' + '.join([*analysis.covariates, 'visit'])} + arm at visits after baseline"


def crossover_words(design: CrossoverDesign, day_zero: str) -> str:
    """Sequences, periods and their baselines."""
    periods = "; ".join(
        f"period {place} begins on day {own.since} and is measured on day {listed(own.days, 40)}"
        + ("" if own.baseline is None else f", its baseline on day {own.baseline}")
        for place, own in enumerate(design.periods, 1)
    )
    return (
        f"Participants took the treatments one after the other, in one of the sequences {design.words}. Days count "
        f"from {day_zero}; {periods}. The outcome of a period is the mean of its visits that were answered."
    )


def left_out_words(leave_out: str) -> str:
    """late answers, or answers after treatment stopped."""
    return "late answers" if leave_out == "late" else f"answers {leave_out.replace('_', ' ')}"


def _inference(analysis: PlannedAnalysis) -> str:
    if analysis.model in ("ancova", "ordinal"):
        return ""
    if analysis.is_generalised:
        return f"; {generalised_words(analysis)}"
    if analysis.model == "imputation":
        taken = f"values missing after stopping treatment or withdrawal are taken {STRATEGY_WORDS[analysis.strategy]}"
        return f"; {_covariance(analysis)}; {taken}; {POOLING_WORDS[analysis.method]}"
    if analysis.model in ("mmrm", "clda"):
        return f"; {_covariance(analysis)}; {DF_WORDS[analysis.df]}"
    return f"; {RANDOM_DF_WORDS.get(analysis.df, DF_WORDS[analysis.df])}"


def generalised_words(analysis: PlannedAnalysis) -> str:
    """Which visits, errors and tests a model of yes or no or of counts has, and what is told of it."""
    repeated = is_repeated(analysis)
    errors = ERROR_WORDS[analysis.errors or ("mancl-derouen" if repeated else "model")]
    of = f"generalised estimating equations, {analysis.correlation} working correlation" if repeated else "one visit"
    averages = "values of each arm are averages over everybody, with errors by the delta method"
    return f"{of}; {errors}; {averages}; p is that of the {decides(analysis)}"


def _covariance(analysis: PlannedAnalysis) -> str:
    own = COVARIANCE_WORDS[analysis.covariance]
    text = f"covariance {own}" if analysis.covariance == "sp_exp" else f"{own} covariance"
    others = [COVARIANCE_WORDS[name] for name in analysis.fallback if name != analysis.covariance]
    return f"{text} (if one cannot be fitted: {', then '.join(others)})" if others else text


def estimands_table(plan: Plan) -> str:
    """The estimands by the attributes of ICH E9(R1)."""
    rows = [
        {
            "Attribute": name,
            **{estimand.title: text for estimand, text in zip(plan.estimands.values(), texts, strict=True)},
        }
        for name, texts in _attributes(plan)
    ]
    return html_table(pd.DataFrame(rows), "table-estimands", numbers=())


def _attributes(plan: Plan) -> Iterator[tuple[str, list[str]]]:
    estimands = plan.estimands.values()
    yield "Role", [estimand.role for estimand in estimands]
    yield "Treatment", [estimand.treatment for estimand in estimands]
    yield "Population", [estimand.population for estimand in estimands]
    yield "Variable", [estimand.variable for estimand in estimands]
    for place in range(max((len(estimand.intercurrent_events) for estimand in estimands), default=0)):
        events = [estimand.intercurrent_events[place : place + 1] for estimand in estimands]
        texts = [f"{e[0].event.replace('_', ' ')}: {e[0].strategy}. {e[0].handling}" if e else "" for e in events]
        yield f"Intercurrent event {place + 1}", texts
    yield "Summary", [estimand.summary for estimand in estimands]


def provenance_table(snapshot: Snapshot, plan: Plan, allocation_hash: str) -> str:
    """Where every number comes from: files with their SHA-256, seed, versions."""
    manifest = snapshot.manifest
    protocol = manifest.get("protocol") or {}
    rows = [("Export as of", str(manifest.get("as_of", ""))), ("Study", str(manifest.get("study", "")))]
    rows.append(("Protocol", f"version {protocol.get('version', '')}, SHA-256 {protocol.get('sha256', '')}"))
    rows.append(("Code of the service", str(manifest.get("code_version", ""))))
    rows.extend((f"Export: {name}", f"SHA-256 {digest}") for name, digest in snapshot.files.items())
    rows.append(("Plan of analysis", f"SHA-256 {plan.sha256}"))
    rows.append(
        ("Allocation", f"SHA-256 {allocation_hash}" if allocation_hash else f"dummy, drawn with seed {plan.seed}")
    )
    rows.append(("Software", ", ".join(f"{name} {number}" for name, number in versions(REPORT_PACKAGES).items())))
    return html_table(pd.DataFrame(rows, columns=["What", "Which"]), "table-provenance", numbers=())
