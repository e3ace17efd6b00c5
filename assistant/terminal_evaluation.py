"""The evaluation as the command line shows it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assistant import wording
from assistant.evaluation.evaluate import REAL_TARGET, SMALLEST_WINNER, Evaluation
from assistant.evaluation.summary import Summary
from assistant.language import _
from assistant.terminal import NOTHING, figure_table, fitting

# Of the columns of figures, those that matter most: within 5 %, mean regret, gap closed, step time error.
NARROW = (0, 2, 4, 5)


def evaluation(found: Evaluation) -> RenderableType:
    """The tables of one corpus: by budget, against other ways of choosing, by family; then the noise."""
    return Group(*_parts(found))


def _parts(found: Evaluation) -> Iterator[RenderableType]:
    title = _("{count} workloads measured on {machine}, {seeds} seeds")
    yield Text(title.format(count=found.summary.workloads, machine=found.machine, seeds=found.seeds), style="bold")
    yield _table(
        _("By seconds of probing"), {wording.duration(each.budget_s or 0.0): each for each in found.by_budget}
    )
    yield _table(
        _("Other ways of choosing, for the same seconds"),
        {_baseline(found, name): each for name, each in found.baselines.items()},
    )
    yield _table(_("By family of networks"), found.by_family | {_("the largest third"): found.largest_third})
    noise = found.noise
    yield Text(
        _(
            "The same workload measured twice differs by {median} (median); choosing by the first costs {regret}."
        ).format(median=_percent(noise.step_time_median), regret=_percent(noise.regret_mean))
    )
    if noise.false_differences is not None:
        yield Text(
            _("Of {count} pairs of processes of one candidate, {share} were told apart.").format(
                count=noise.controls, share=_percent(noise.false_differences)
            )
        )


def _baseline(found: Evaluation, name: str) -> str:
    if name == SMALLEST_WINNER:
        return _("Who wins the smallest workload")
    if name == REAL_TARGET:
        return _("The real job, as long as time allows")
    always = _("Always {candidate}, the best of these") if name == found.single_best else _("Always {candidate}")
    return always.format(candidate=wording.candidate_name(name))


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
    return NOTHING if share is None else wording.percent(share)
