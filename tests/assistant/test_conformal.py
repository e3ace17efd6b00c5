"""What forecasts missed by in replayed probes, and how wide later ones are because of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.advice.conformal import LEAST_JOBS, widening
from assistant.corpus.records import Corpus
from assistant.corpus.replayed import ReplayedForecast


def errors(jobs: int, off: float, evidence: str = "measured") -> tuple[ReplayedForecast, ...]:
    """Ten candidates of each job, every other one too high, the rest too low, by so many times the doubt."""
    return tuple(
        ReplayedForecast(f"job-{job}", f"candidate-{index}", "step_ms", evidence, 0.1, (-1) ** index * off * 0.1)
        for job in range(jobs)
        for index in range(10)
    )


def of(machine, *replayed: ReplayedForecast) -> Corpus:
    return Corpus(machine, {}, {}, replayed)


def test_doubt_is_multiplied_until_nine_of_ten_errors_lie_within(laptop) -> None:
    (factor,) = widening((of(laptop, *errors(LEAST_JOBS, 3.29)),), laptop.fingerprint).values()
    assert factor == pytest.approx(2, rel=0.01)


def test_few_jobs_say_nothing_however_many_candidates_they_have(laptop) -> None:
    assert widening((of(laptop, *errors(LEAST_JOBS - 1, 3.0)),), laptop.fingerprint) == {}


def test_the_own_machine_goes_first_and_another_says_what_it_cannot(laptop) -> None:
    other = replace(of(laptop.model_copy(update={"fingerprint": "f" * 16})), replayed=errors(40, 6.58))
    own = of(laptop, *errors(LEAST_JOBS, 1.645), *errors(2, 1.0, "forecast"))
    told = widening((other, own), laptop.fingerprint)
    assert told == {("step_ms", "measured"): pytest.approx(1, rel=0.01)}
    elsewhere = widening((other, own), "e" * 16)
    assert elsewhere == {("step_ms", "measured"): pytest.approx(4, rel=0.01)}
    more = replace(other, replayed=(*other.replayed, *errors(20, 3.29, "forecast")))
    assert widening((more, own), laptop.fingerprint)["step_ms", "forecast"] == pytest.approx(2, rel=0.01)


def test_a_forecast_without_doubt_is_no_measure_of_doubt(laptop) -> None:
    certain = tuple(replace(each, log_sd=0.0) for each in errors(LEAST_JOBS, 1.0))
    assert widening((of(laptop, *certain),), laptop.fingerprint) == {}
