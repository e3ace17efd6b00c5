"""What the trial of a table found, in words."""

from __future__ import annotations

from assistant import quantities
from assistant.language import _
from assistant.table.records import Metric, ModelName, ModelResult, TableTrial
from probes.words import sentences


def model_name(name: ModelName) -> str:
    """A model as a person calls it."""
    return {
        "constant": _("always the same answer"),
        "linear": _("a linear model"),
        "boosting": _("gradient boosting"),
        "network": _("a small network"),
    }[name]


def score(result: ModelResult, metric: Metric) -> str:
    """A score with its interval."""
    if metric == "accuracy":
        low, high = result.range
        shares = (result.score, max(low, 0.0), min(high, 1.0))
        told = _("{score} right ({low} to {high})")
        return told.format(**dict(zip(("score", "low", "high"), map(quantities.percent, shares), strict=True)))
    low, high = result.range
    return _("R\u00b2 {score:.2f} ({low:.2f} to {high:.2f})").format(score=result.score, low=low, high=high)


def finding(trial: TableTrial) -> str | None:
    """What simple models and a small network reached on the table; None where nothing but a constant was tried."""
    simple, network = trial.best_simple, trial.model("network")
    if simple is None:
        return None
    if not trial.learned:
        return _(
            "On your table no simple model surely does better than always the same answer ({model}: {score}): its "
            "columns may not tell what is to be predicted."
        ).format(model=model_name(simple.model), score=score(simple, trial.metric))
    begin = {
        "accuracy": _("On your table {model} in scikit-learn is {score} on rows it has not seen, fitted in {time}."),
        "r2": _("On your table {model} in scikit-learn reaches {score} on rows it has not seen, fitted in {time}."),
    }[trial.metric]
    told = [
        begin.format(
            model=model_name(simple.model), score=score(simple, trial.metric), time=quantities.duration(simple.fit_s)
        )
    ]
    if network is not None and trial.network is not None:
        verdict = {
            "better": _("A small network did better: {score}, fitted in {time}."),
            "alike": _("A small network did about as well: {score}, fitted in {time}."),
            "worse": _("A small network did worse: {score}, fitted in {time}."),
        }[trial.network]
        told.append(verdict.format(score=score(network, trial.metric), time=quantities.duration(network.fit_s)))
    return sentences(*told)
