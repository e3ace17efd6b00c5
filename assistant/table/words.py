"""What the trial of a table found, in words."""

from __future__ import annotations

from assistant import wording
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
        shares = (result.score, max(result.low, 0.0), min(result.high, 1.0))
        told = _("{score} right ({low} to {high})")
        return told.format(**dict(zip(("score", "low", "high"), map(wording.percent, shares), strict=True)))
    return _("R\u00b2 {score:.2f} ({low:.2f} to {high:.2f})").format(
        score=result.score, low=result.low, high=result.high
    )


def finding(trial: TableTrial) -> str | None:
    """What to begin with, from what was measured on the table; None where nothing but a constant was tried."""
    simple, network = trial.best_simple, trial.model("network")
    if simple is None:
        return None
    begin = {
        "accuracy": _("On your table {model} in scikit-learn is {score} on rows it has not seen, fitted in {time}."),
        "r2": _("On your table {model} in scikit-learn reaches {score} on rows it has not seen, fitted in {time}."),
    }[trial.metric]
    told = [
        begin.format(
            model=model_name(simple.model), score=score(simple, trial.metric), time=wording.duration(simple.fit_s)
        )
    ]
    if network is not None:
        verdict = (
            _("A small network did better: {score}.")
            if trial.network_is_better
            else _("A small network did no better: {score}, fitted in {time}.")
        )
        told.append(verdict.format(score=score(network, trial.metric), time=wording.duration(network.fit_s)))
    return sentences(*told)
