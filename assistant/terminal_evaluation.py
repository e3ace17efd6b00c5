"""The evaluation as the command line shows it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assistant import evaluation_words, quantities
from assistant.evaluation.evaluate import Evaluation
from assistant.evaluation.interviews import Interviews
from assistant.evaluation.summary import Summary
from assistant.evaluation.targets import outcomes
from assistant.language import _
from assistant.terminal import NOTHING, figure_table, fitting

# Of the columns of figures, those that matter most: within 5 %, mean regret, gap closed, step time error.
NARROW = (0, 2, 4, 5)

# Of those of the interviews: the questions asked, and how often the final framework was found.
NARROW_ORDERS = (0, 1, 4)


def evaluation(found: Evaluation) -> RenderableType:
    """The tables of one corpus: the targets, by budget, against other ways of choosing, by family; then the noise."""
    return Group(*_parts(found))


def _parts(found: Evaluation) -> Iterator[RenderableType]:
    title = _("{count} workloads measured on {machine}, {seeds} seeds")
    yield Text(title.format(count=found.summary.workloads, machine=found.machine, seeds=found.seeds), style="bold")
    yield _targets(found)
    yield _table(
        _("By seconds of probing"), {quantities.duration(each.budget_s or 0.0): each for each in found.by_budget}
    )
    yield _table(
        _("Ways of choosing, for the same seconds"),
        {evaluation_words.standing_way(found, name): each for name, each in evaluation_words.ways(found)},
    )
    families = {evaluation_words.family(name): each for name, each in found.by_family.items()}
    yield _table(_("By family of networks"), families | {_("the largest third"): found.largest_third})
    yield from map(Text, evaluation_words.noise(found.noise))
    if found.interviews:
        yield _interviews(found.interviews)
        yield Text(evaluation_words.interviewed(found.interviews), style="dim")


def _targets(found: Evaluation) -> Table:
    headings = (_("Target"), _("Reached"), "", _("Measured in full"))
    table = figure_table(evaluation_words.targets_heading(found.summary), "", headings)
    for outcome in outcomes(found.summary):
        table.add_row(
            evaluation_words.target_name(outcome.target.figure),
            evaluation_words.target_bound(outcome.target),
            evaluation_words.reached(outcome) or NOTHING,
            Text(evaluation_words.met(outcome), style="" if outcome.met else "bold"),
            evaluation_words.repeated(outcome.target, found.noise) or NOTHING,
        )
    return table


def _interviews(found: Interviews) -> Table:
    table = figure_table(
        _("How long the interview is"), "", fitting(evaluation_words.order_headings(), *NARROW_ORDERS)
    )
    for name, each in found.orders.items():
        table.add_row(evaluation_words.order(name), *fitting(evaluation_words.order_figures(each), *NARROW_ORDERS))
    return table


def _table(title: str, summaries: dict[str, Summary]) -> Table:
    headings = (
        *(_("Within 5 %"), _("Within 10 %"), _("Mean regret"), _("Worst"), _("Gap closed")),
        *(_("Step time error"), _("Memory error"), _("In the 90 % interval")),
    )
    table = figure_table(title, "", fitting(headings, *NARROW))
    for name, each in summaries.items():
        shares = (each.within_5_percent, each.within_10_percent, each.mean_regret, each.worst_regret, each.closed_gap)
        errors = (each.step_time_mape, each.memory_median, each.coverage_90)
        table.add_row(name, *fitting([*map(_percent, (*shares, *errors))], *NARROW))
    return table


def _percent(share: float | None) -> str:
    return NOTHING if share is None else evaluation_words.percent(share)
