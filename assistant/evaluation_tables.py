"""An evaluation as Markdown tables: those of the page and of the README."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from assistant import evaluation_words, quantities, wording
from assistant.evaluation.evaluate import PROBEWISE, Evaluation
from assistant.evaluation.interviews import Interviews
from assistant.evaluation.targets import Outcome, outcomes
from assistant.language import _


def targets(found: Evaluation, met: Callable[[Outcome], str]) -> str:
    """Every target, what was reached, as `met` says it whether that is enough, and what a full measurement reaches;
    what is missed comes first. Three columns, for a phone has room for no more.
    """
    rows = (
        (
            wording.labelled(
                evaluation_words.target_name(each.target.figure), evaluation_words.target_bound(each.target)
            ),
            f"{evaluation_words.reached(each)} {met(each)}",
            evaluation_words.repeated(each.target, found.noise),
        )
        for each in outcomes(found.summary)
    )
    return _table((_("Target"), _("Reached"), _("Measured in full")), ":--|--:|--:", rows)


def ways(found: Evaluation) -> str:
    """Probewise among the other ways of choosing, the least mean regret first."""
    rows = (
        (
            evaluation_words.standing_way(found, name),
            *map(_percent, (each.within_5_percent, each.mean_regret, each.closed_gap)),
        )
        for name, each in evaluation_words.ways(found)
    )
    headings = (_("Way of choosing"), _("Within 5 %"), _("Mean regret"), _("Gap closed"))
    return _table(headings, ":--|--:|--:|--:", rows)


def ways_by_budget(found: Evaluation) -> str:
    """The mean regret of every way that gets better with more seconds, at each budget."""
    others = found.baselines_by_budget.items()
    ways = [(PROBEWISE, found.by_budget), *sorted(others, key=lambda way: way[1][-1].mean_regret)]
    rows = (
        (evaluation_words.way_name(found, name), *(_percent(each.mean_regret) for each in own)) for name, own in ways
    )
    budgets = (quantities.duration(each.budget_s or 0.0) for each in found.by_budget)
    return _table((_("Mean regret after"), *budgets), ":--" + "|--:" * len(found.by_budget), rows)


def evidence(found: Evaluation) -> str:
    """What the forecasts rest on, and how good they are."""
    rows = (
        (
            name,
            str(round(each.forecasts / found.seeds)),
            *map(_percent, (each.step_time_mape, each.step_time_median, each.memory_median, each.coverage_90)),
        )
        for name, each in evaluation_words.rests_on(found)
    )
    headings = (
        *(_("What was measured"), _("Forecasts"), _("Step time error, mean"), _("Median")),
        *(_("Memory error, median"), _("In the 90 % interval")),
    )
    return _table(headings, ":--" + "|--:" * (len(headings) - 1), rows)


def interviews(found: Interviews) -> str:
    """What an interview takes in our order and in others."""
    headings = (_("Order of the questions"), *evaluation_words.order_headings())
    rows = (
        (evaluation_words.order(name), *evaluation_words.order_figures(each)) for name, each in found.orders.items()
    )
    return _table(headings, ":--" + "|--:" * (len(headings) - 1), rows)


def _percent(share: float | None) -> str:
    return "" if share is None else evaluation_words.percent(share)


def _table(headings: Sequence[str], alignment: str, rows: Iterable[Sequence[str]]) -> str:
    """Markdown of a table; on a phone no figure is parted from its unit."""
    first, *others = (
        f"| {' | '.join(cells)} |".replace(" %", quantities.unbroken(" %")) for cells in (headings, *rows)
    )
    return "\n".join((first, f"|{alignment}|", *others, ""))
