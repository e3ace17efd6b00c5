"""The forecast against measurements of a size that it has not seen (knowledge/measurements/ladder.csv)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, log
from statistics import fmean

import pytest

from assistant.advice.corpus import Corpus, read_corpus
from assistant.advice.estimates import Estimate
from assistant.advice.forecast import Forecaster
from assistant.project import Project
from assistant.target import target
from probes.candidates import CANDIDATES
from probes.costs import costs
from probes.workloads import find_workload

FAMILIES = ("mlp", "cnn", "lstm", "transformer")

# What is measured, and the larger size that it is to foretell.
LADDERS = ((("tiny", "small", "medium"), "large"), (("tiny", "small"), "medium"))


@dataclass(frozen=True)
class Case:
    """One candidate on a held-out size: what was forecast, what two simpler ways would say, and what came."""

    workload: str
    candidate: str
    forecast: Estimate
    same_ratio_ms: float
    by_flops_ms: float
    actual_ms: float


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_corpus()


@pytest.fixture(scope="module")
def cases(corpus) -> list[Case]:
    return [
        case for family in FAMILIES for seen, unseen in LADDERS for case in held_out(corpus, family, seen, unseen)
    ]


def held_out(corpus: Corpus, family: str, seen: tuple[str, ...], unseen: str) -> Iterator[Case]:
    """Every candidate that was measured on the smallest and on the held-out size."""
    name = f"{family}-{unseen}"
    tiny, actual = step_times(corpus, f"{family}-tiny"), step_times(corpus, name)
    both = [candidate for candidate in actual if candidate in tiny]
    leader = min(both, key=lambda candidate: actual[candidate])
    growth = costs(find_workload(name)).training_flops / costs(find_workload(f"{family}-tiny")).training_flops
    project = Project(model_scale=name)
    report = corpus.report([f"{family}-{size}" for size in seen])
    forecast = Forecaster(report).forecast(project, target(project, corpus.machine))
    for candidate in both:
        estimate = forecast[candidate].step_ms
        assert estimate is not None
        # The leader's own time is given to the simpler way: it only has to foretell the ratios to it.
        same_ratio = actual[leader] * tiny[candidate] / tiny[leader]
        yield Case(name, candidate, estimate, same_ratio, tiny[candidate] * growth, actual[candidate])


def step_times(corpus: Corpus, workload_id: str) -> dict[str, float]:
    rows = corpus.measurements[workload_id].candidates
    return {row.candidate: row.step_ms for row in rows if row.step_ms is not None}


def ratio_errors(cases: list[Case]) -> tuple[float, float]:
    """Mean absolute log error of each candidate's ratio to the leader: of the forecast, and of the tiny model's."""
    forecast, same_ratio = [], []
    for workload in {case.workload for case in cases}:
        rows = [case for case in cases if case.workload == workload]
        leader = min(rows, key=lambda case: case.actual_ms)
        for case in rows:
            if case is not leader:
                actual = case.actual_ms / leader.actual_ms
                forecast.append(abs(log(case.forecast.value / leader.forecast.value / actual)))
                same_ratio.append(abs(log(case.same_ratio_ms / leader.actual_ms / actual)))
    return fmean(forecast), fmean(same_ratio)


def table(cases: list[Case]) -> str:
    lines = [f"{'held out':20} {'candidate':18} {'forecast':>22} {'actual':>8} {'error':>7} {'same ratio':>10}"]
    for case in cases:
        interval = f"{case.forecast.value:.1f} ({case.forecast.low:.1f}-{case.forecast.high:.1f})"
        error, by_ratio = (figure / case.actual_ms - 1 for figure in (case.forecast.value, case.same_ratio_ms))
        figures = f"{interval:>22} {case.actual_ms:8.1f} {error:+7.0%} {by_ratio:+10.0%}"
        lines.append(f"{case.workload:20} {case.candidate:18} {figures}")
    return "\n".join(lines)


def test_the_forecast_beats_the_same_ratio_as_the_tiny_model(cases) -> None:
    forecast, same_ratio = ratio_errors(cases)
    print(table(cases))
    print(f"ratio to the leader, typical factor off: forecast {exp(forecast):.2f}, tiny model {exp(same_ratio):.2f}")
    assert forecast < same_ratio


def test_the_forecast_beats_time_in_proportion_to_flops(cases) -> None:
    forecast = fmean(abs(log(case.forecast.value / case.actual_ms)) for case in cases)
    by_flops = fmean(abs(log(case.by_flops_ms / case.actual_ms)) for case in cases)
    print(f"step time, typical factor off: forecast {exp(forecast):.2f}, by FLOPs {exp(by_flops):.2f}")
    assert forecast < by_flops


def test_the_intervals_hold_most_of_what_came(cases) -> None:
    inside = fmean(case.forecast.low <= case.actual_ms <= case.forecast.high for case in cases)
    print(f"inside the 90 % interval: {inside:.0%} of {len(cases)}")
    assert inside >= 0.75


def test_the_corpus_covers_every_family_and_candidate(corpus) -> None:
    for family in FAMILIES:
        for size in ("tiny", "small", "medium", "large"):
            measured = step_times(corpus, f"{family}-{size}")
            able = [candidate.id for candidate in CANDIDATES if family == "mlp" or candidate.id != "scikit-learn"]
            assert set(measured) == set(able)
