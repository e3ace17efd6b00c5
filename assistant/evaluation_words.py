"""An evaluation in words: what was done, its targets, the other ways of choosing, and what nobody can know."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from assistant import moments, quantities, wording
from assistant.evaluation.evaluate import (
    FLOPS_PROPORTIONAL,
    ORDINARY_BUDGET_S,
    PROBEWISE,
    REAL_TARGET,
    SMALLEST_WINNER,
    Evaluation,
    Noise,
    Row,
)
from assistant.evaluation.interviews import MOST_TELLING, QUESTIONNAIRE, RANDOM, Interviews, Lengths
from assistant.evaluation.published import Published
from assistant.evaluation.standings import Standing
from assistant.evaluation.summary import Errors, Summary
from assistant.evaluation.targets import Figure, Outcome, Target
from assistant.language import _
from probes.words import sentences

# A figure beside its bound has as many digits as show on which side of it it lies, and at most these.
MOST_DIGITS = 6

# Decimals of a percentage beyond which it is what rounding left over.
MEANT_DECIMALS = 9


def what_was_done(found: Published) -> str:
    """How the figures came about, on which machine, with which versions."""
    evaluation = found.evaluation
    done = _(
        "{jobs} jobs of {kinds} kinds of network were measured in full, with every candidate, on {machine}. "
        "For each, a probe of {time} was replayed {seeds} times, its forecast learned from other kinds of network "
        "only, and what it picked and foretold was held against the full measurement."
    ).format(
        jobs=evaluation.summary.workloads,
        kinds=len(evaluation.by_family),
        machine=wording.machine_line(found.machine),
        time=quantities.duration(evaluation.summary.budget_s or 0.0),
        seeds=evaluation.seeds,
    )
    versions = wording.listing(f"{name} {version}" for name, version in sorted(evaluation.versions.items()))
    day = moments.day(datetime.fromisoformat(evaluation.measured_at).date())
    return sentences(done, _("With {versions}; last measured on {date}.").format(versions=versions, date=day))


def limits(found: Published) -> str:
    """For whom the figures may be others."""
    one = _("This is one machine.") if found.machine.accelerators else _("This is one machine, without a GPU.")
    elsewhere = _("What the forecasts have learned comes from it as well: on another, figures may differ.")
    return sentences(one, elsewhere)


def regret_meaning() -> str:
    """The two words of the field that the figures need."""
    return _(
        "Regret is how much longer a step of the pick takes than one of the best candidate. The gap is the regret of "
        "always using the single best candidate; closing all of it is choosing the best for every job. A break-even "
        "counts where the full measurement can tell that there is one."
    )


def sureness(found: Summary) -> str:
    """How much of the first target is the choice of jobs."""
    return _(
        "With other jobs of these kinds, the share of picks within 5 % of the best would lie between {low} and "
        "{high}, nine times out of ten."
    ).format(low=percent(found.within_5_low), high=percent(found.within_5_high))


def rests_on(found: Evaluation) -> list[tuple[str, Errors]]:
    """What forecasts of step times rest on, and how good those are: first what was measured of the very job."""
    of = found.summary.by_evidence
    named = (
        (_("The job itself, measured in the time there was"), of.get("measured")),
        (_("Fewer of its layers, shorter sequences or a smaller batch"), of.get("forecast")),
        (_("Only these, of each large job"), found.from_smaller),
        (_("Nothing of the job itself, only small networks of its family"), found.from_rungs),
        (_("Only these, and what was learned on another machine"), found.learned_elsewhere),
        (_("Nothing of the candidate, only what the corpus has of it"), of.get("corpus")),
    )
    return [(name, errors) for name, errors in named if errors]


def unreached(found: Summary) -> str:
    """How many candidates no figure was told of."""
    return _("Of {share} of the candidates that could do a job, the time was too short to say anything.").format(
        share=percent(1 - found.foretold)
    )


def break_evens(found: Summary) -> str:
    """Of how many break-evens there are figures; empty where there are none."""
    if found.break_even_foretold is None or found.break_even_held is None:
        return ""
    return _(
        "The full measurements tell of {pairs} break-evens between modes of a framework. {foretold} of the probes "
        "foretold one there too, and its 90 % interval held it in {held} of these."
    ).format(
        pairs=found.break_even_pairs,
        foretold=percent(found.break_even_foretold),
        held=percent(found.break_even_held),
    )


def targets_heading(summary: Summary) -> str:
    """What the targets are of."""
    return _("Targets, with {time} of probing").format(time=quantities.duration(summary.budget_s or 0.0))


def target_name(figure: Figure) -> str:
    """What a target is about."""
    return {
        "within_5_percent": _("Picks within 5 % of the best"),
        "mean_regret": _("Mean regret"),
        "worst_regret": _("Worst regret"),
        "closed_gap": _("Gap closed"),
        "step_time_mape": _("Error of the step time, mean"),
        "memory_median": _("Error of the memory, median"),
        "coverage_90": _("Step times inside their 90 % interval"),
        "break_even_median": _("Error of the break-even, median"),
    }[figure]


def target_bound(target: Target) -> str:
    """What is to be reached: `at least 90 %`, `87 % to 93 %`."""
    if math.isinf(target.most):
        return _("at least {share}").format(share=quantities.percent(target.least))
    if math.isinf(target.least):
        return _("at most {share}").format(share=quantities.percent(target.most))
    return _("{low} to {high}").format(low=quantities.percent(target.least), high=quantities.percent(target.most))


def reached(outcome: Outcome) -> str:
    """The figure to two digits, or to so many more that it lies on its side of the bound; empty without one."""
    if outcome.reached is None:
        return ""
    exact = 100 * outcome.reached
    shown = (quantities.rounded(exact, digits) for digits in range(quantities.SIGNIFICANT_DIGITS, MOST_DIGITS))
    told = next((each for each in shown if outcome.target.holds(each / 100) == outcome.met), exact)
    return _("{value:g} %").format(value=told)


def percent(share: float) -> str:
    """A share to two significant digits; never 100 % for what is merely close to it, nor what rounding left for 0."""
    rounded = quantities.rounded(round(100 * share, MEANT_DECIMALS))
    if rounded == 100 and share < 1:
        return quantities.percent(share)
    return _("{value:g} %").format(value=rounded)


def met(outcome: Outcome) -> str:
    """Whether the target is met, in a word."""
    return {True: _("met"), False: _("missed"), None: _("no figure")}[outcome.met]


def tally(outcomes: list[Outcome]) -> str:
    """How many targets are met, missed, and without a figure."""
    found = [outcome.met for outcome in outcomes]
    told = _("Of {count} targets met: {met}; missed: {missed}.").format(
        count=len(found), met=found.count(True), missed=found.count(False)
    )
    lacking = found.count(None)
    return sentences(told, _("Without a figure yet: {count}.").format(count=lacking)) if lacking else told


def ways(found: Evaluation) -> list[tuple[str, Summary]]:
    """Probewise among the other ways of choosing, by name, the least mean regret first."""
    everyone = {PROBEWISE: found.summary} | found.baselines
    return sorted(everyone.items(), key=lambda way: way[1].mean_regret)


def way_name(found: Evaluation, name: str) -> str:
    """A way of choosing."""
    if name in _WAYS:
        return _WAYS[name]()
    always = _("Always {candidate}, the best of these") if name == found.single_best else _("Always {candidate}")
    return always.format(candidate=wording.candidate_name(name))


def standing_way(found: Evaluation, name: str) -> str:
    """A way of choosing, and how it stands against Probewise: `Who wins the smallest workload: a tie`."""
    if name == PROBEWISE:
        return way_name(found, name)
    return wording.labelled(way_name(found, name), standing(found.standings[name]))


def standing(name: Standing) -> str:
    """How another way of choosing stands against Probewise."""
    return {"better": _("better than Probewise"), "tie": _("a tie"), "worse": _("worse")}[name]


def picks(row: Row) -> list[str]:
    """What was picked, and how often, the most often first: `8 \u00d7 PyTorch, eager`."""
    counts = sorted(row.picks.items(), key=lambda pick: -pick[1])
    return [
        f"{count} \u00d7 {wording.candidate_name(candidate) if candidate else _('nothing')}"
        for candidate, count in counts
    ]


def tie_meaning(found: Evaluation) -> str:
    """What is called a tie, where there is one."""
    if "tie" not in found.standings.values():
        return ""
    return _(
        "A tie: other jobs of these kinds could put either ahead, by mean regret, more often than one time in twenty."
    )


def not_ahead(found: Evaluation) -> str:
    """After which times a simpler way has a mean regret that is, to two digits, no larger, and why; empty where none
    has.
    """
    behind = sorted(
        (ours.budget_s or 0.0, way_name(found, name))
        for name, each in found.baselines_by_budget.items()
        for ours, theirs in zip(found.by_budget, each, strict=True)
        if quantities.rounded(100 * theirs.mean_regret) <= quantities.rounded(100 * ours.mean_regret)
    )
    told = [
        _("After {time} “{way}” is at least as good.").format(time=quantities.duration(budget_s), way=way)
        for budget_s, way in behind
    ]
    if any(budget_s < ORDINARY_BUDGET_S for budget_s, _way in behind):
        told.append(_("So early few candidates are measured, whichever way."))
    if any(budget_s > ORDINARY_BUDGET_S for budget_s, _way in behind):
        told.append(_("With so much time the job itself is measured, whichever way."))
    return sentences(*told)


def family(name: str) -> str:
    """A kind of network."""
    return {
        "perceptron": _("Dense networks"),
        "convolutional": _("Convolutional networks"),
        "residual": _("Residual networks"),
        "mobile": _("Networks for phones"),
        "vision transformer": _("Vision transformers"),
        "lstm": _("LSTM networks"),
        "gru": _("GRU networks"),
        "encoder": _("Text encoders"),
        "decoder": _("Text decoders"),
    }.get(name, name)


def interviewed(found: Interviews) -> str:
    """Who was asked, by which rules, and what is counted."""
    return _(
        "{people} people were interviewed, one for each written project of the tests, who answer whatever is asked, "
        "at a machine like this one and before anything was measured. An interview ends when no answer could change "
        "the framework and the forecast has what it needs. It is settled once the framework that it would end with "
        "after every question leads for good."
    ).format(people=found.people)


def order(name: str) -> str:
    """An order of asking."""
    return {
        MOST_TELLING: _("Probewise: what tells most first"),
        QUESTIONNAIRE: _("As the questionnaire stands"),
        RANDOM: _("At random"),
    }[name]


def order_figures(found: Lengths) -> tuple[str, ...]:
    """The figures of an order, under those of `order_headings`."""
    counts = (found.asked_median, found.asked_90, found.settled_median, found.settled_90)
    return (*(f"{count:g}" for count in map(quantities.rounded, counts)), quantities.percent(found.right))


def order_headings() -> tuple[str, ...]:
    """What stands over `order_figures`."""
    return (
        *(_("Questions, median"), _("90th percentile")),
        *(_("Settled after, median"), _("90th percentile")),
        _("Ends with the final framework"),
    )


def repeated(target: Target, found: Noise) -> str:
    """What the job measured in full some time before reaches of a target; empty where it says nothing of it."""
    share = getattr(found.repeated, target.figure)
    return "" if share is None else percent(share)


def noise(found: Noise) -> Iterator[str]:
    """How far measurements differ from themselves, sentence by sentence."""
    yield _(
        "Measured in full is what every candidate, measured on the whole job some minutes before, foretells of the "
        "same measurement: the noise of this machine. Its step times differ by {median} (median)."
    ).format(median=percent(found.repeated.step_time_median or 0.0))
    if found.false_differences is not None:
        yield _("Of {count} pairs of processes of one candidate, {share} were told apart.").format(
            count=found.controls, share=quantities.percent(found.false_differences)
        )


_WAYS: Mapping[str, Callable[[], str]] = {
    PROBEWISE: lambda: "Probewise",
    SMALLEST_WINNER: lambda: _("Who wins the smallest workload"),
    FLOPS_PROPORTIONAL: lambda: _("In proportion to the FLOPs"),
    REAL_TARGET: lambda: _("The real job, as long as time allows"),
}
