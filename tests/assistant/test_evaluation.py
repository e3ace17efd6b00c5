"""The evaluation: its figures on made-up trials whose regret is known, and what it says of made-up machines."""

from __future__ import annotations

import json
from dataclasses import replace
from math import sqrt
from typing import get_args

import pytest
from typer.testing import CliRunner

from assistant import cli, evaluation_command
from assistant.advice.estimates import Estimate, JobForecast
from assistant.evaluation.errors import replayed_forecasts
from assistant.evaluation.evaluate import Split, by_family, evaluate, trials
from assistant.evaluation.summary import closed_gap, single_best, summarize
from assistant.evaluation.trials import Trial, Truth, fastest, truths
from assistant.evaluation.ways import (
    Setting,
    always,
    flops_proportional,
    probewise,
    probewise_from_rungs,
    probewise_from_smaller,
    real_target,
    smallest_winner,
)
from assistant.evidence import Evidence
from probes.costs import costs
from tests.assistant.corpora import LADDER_JOB, ORDINARY_JOBS, SMALL_JOB, SMALL_NETWORKS, corpus, result

RATES = {"pytorch-eager": 20.0, "jax-jit": 10.0, "tensorflow-graph": 40.0}


def truth(job=SMALL_JOB, **step_ms: float) -> Truth:
    return Truth(job, {name.replace("_", "-"): result(name.replace("_", "-"), ms) for name, ms in step_ms.items()})


def trial(pick: str | None, of: Truth, **forecasts: Estimate) -> Trial:
    told = {name.replace("_", "-"): JobForecast(name, step_ms=each) for name, each in forecasts.items()}
    return Trial(of, 0, pick, told)


def test_regret_is_what_the_pick_takes_longer_than_the_best() -> None:
    known = truth(jax_jit=10.0, pytorch_eager=12.5)
    assert known.regret("jax-jit") == 0
    assert known.regret("pytorch-eager") == pytest.approx(0.25)
    assert known.regret("scikit-learn") == known.regret(None) == pytest.approx(0.25)


def test_shares_means_and_the_worst_are_those_of_the_regrets() -> None:
    known = truth(jax_jit=10.0, pytorch_eager=10.4, tensorflow_graph=10.8, keras_jax=16.0)
    found = summarize([trial(pick, known) for pick in known.results], 60.0)
    assert (found.workloads, found.within_5_percent, found.within_10_percent) == (1, 0.5, 0.75)
    assert found.worst_regret == pytest.approx(0.6)
    assert found.mean_regret == pytest.approx((1.04 * 1.08 * 1.6) ** 0.25 - 1)


def test_the_gap_is_closed_by_choosing_as_the_best_does_and_not_by_one_for_all() -> None:
    one = truth(SMALL_JOB, jax_jit=10.0, pytorch_eager=20.0)
    other = truth(LADDER_JOB, jax_jit=20.0, pytorch_eager=10.0)
    assert closed_gap([trial("jax-jit", one), trial("pytorch-eager", other)]) == 1
    assert closed_gap([trial("jax-jit", one), trial("jax-jit", other)]) == 0
    assert closed_gap([trial("pytorch-eager", one), trial("jax-jit", other)]) == -1
    assert closed_gap([trial("jax-jit", one)]) is None
    assert single_best([one, other, truth(LADDER_JOB, jax_jit=1.0, pytorch_eager=2.0)]) == "jax-jit"


def test_errors_and_coverage_are_of_every_forecast() -> None:
    known = truth(jax_jit=10.0, pytorch_eager=10.0)
    near, far = Estimate(11.0, 0.1, "forecast"), Estimate(20.0, 0.1, "forecast")
    found = summarize([trial("jax-jit", known, jax_jit=near, pytorch_eager=far)], None)
    assert found.step_time_mape == pytest.approx(0.55)
    assert found.coverage_90 == 0.5
    assert found.memory_mape is None


def test_nobody_is_picked_from_nothing() -> None:
    assert fastest({}) is None
    assert fastest({"jax-jit": JobForecast("jax-jit", missing="It was not measured.")}) is None


def test_who_was_not_measured_here_is_picked_where_it_is_clearly_faster() -> None:
    slow = JobForecast("jax-jit", step_ms=Estimate(2.0, 0.5, "forecast"))
    perhaps, clearly = (JobForecast("pytorch-eager", step_ms=Estimate(ms, 0.2, "corpus")) for ms in (1.9, 1.7))
    assert fastest({"jax-jit": slow, "pytorch-eager": perhaps}) == "jax-jit"
    assert fastest({"jax-jit": slow, "pytorch-eager": clearly}) == "pytorch-eager"
    assert fastest({"pytorch-eager": perhaps}) == "pytorch-eager"


@pytest.mark.parametrize(
    "way",
    [
        *(probewise, probewise_from_smaller, probewise_from_rungs),
        *(smallest_winner, flops_proportional, real_target, always("jax-jit")),
    ],
)
def test_on_a_machine_where_one_is_always_fastest_every_way_finds_it(laptop, way) -> None:
    measured = corpus(laptop, RATES, LADDER_JOB, *SMALL_NETWORKS)
    (known,) = truths(measured)
    found = way(Setting(measured, measured, known, 120.0, 0))
    assert found.pick == "jax-jit"
    assert found.regret == 0


def test_the_forecast_of_what_was_measured_itself_is_as_good_as_its_samples(laptop) -> None:
    measured = corpus(laptop, RATES, LADDER_JOB)
    (known,) = truths(measured)
    found = summarize([probewise(Setting(measured, measured, known, 120.0, seed)) for seed in range(5)], 120.0)
    assert found.step_time_mape < 0.1
    assert found.memory_median == 0


@pytest.mark.parametrize("way", [probewise_from_smaller, probewise_from_rungs])
def test_without_time_for_the_job_itself_all_that_is_told_of_it_is_foretold(laptop, way) -> None:
    measured = corpus(laptop, RATES, LADDER_JOB, *SMALL_NETWORKS)
    (known,) = truths(measured)
    forecasts = way(Setting(measured, measured, known, 120.0, 0)).forecasts
    told = [each.step_ms for each in forecasts.values() if each.step_ms]
    assert len(told) == len(RATES)
    assert {each.evidence for each in told} == {"forecast"}


def test_a_machine_is_tried_with_what_another_one_taught_and_never_with_the_jobs_own_kind(laptop) -> None:
    other = laptop.model_copy(update={"fingerprint": "f" * 16})
    taught = corpus(other, RATES, *SMALL_NETWORKS, LADDER_JOB, SMALL_JOB)
    measured = corpus(laptop, RATES, LADDER_JOB, SMALL_JOB, *SMALL_NETWORKS)
    split = by_family(measured, taught)
    for known in truths(measured):
        learned = split.learned(known)
        assert learned.machine == other
        assert known.job.id not in {job for job, _part in learned.passages}
    found = evaluate(measured, (taught,), quick=True, say=lambda *_: None)
    assert found.learned_elsewhere.workloads == found.from_rungs.workloads == 2
    assert found.from_smaller.workloads == 1, "the other job is measured at once"
    assert evaluate(measured, quick=True, say=lambda *_: None).learned_elsewhere is None


def test_doubt_is_learned_from_forecasts_of_every_kind(laptop) -> None:
    found = replayed_forecasts(corpus(laptop, RATES, LADDER_JOB, SMALL_JOB, *SMALL_NETWORKS))
    jobs = {evidence: {each.job for each in found if each.evidence == evidence} for evidence in get_args(Evidence)}
    assert jobs["forecast"] == {LADDER_JOB.id, SMALL_JOB.id}, "both from small networks of their family"
    assert SMALL_JOB.id in jobs["measured"]


def test_a_way_of_choosing_may_learn_from_other_families_only(laptop) -> None:
    others = next(job for job in ORDINARY_JOBS if job.family != SMALL_JOB.family)
    measured = corpus(laptop, RATES, SMALL_JOB, others, *SMALL_NETWORKS)
    settings = []

    def watched(setting: Setting) -> Trial:
        settings.append(setting)
        return always("jax-jit")(setting)

    trials(watched, by_family(measured), truths(measured), 60.0, range(2))
    assert len(settings) == 4
    for setting in settings:
        families = {job.id: job.family for job in (SMALL_JOB, others, *SMALL_NETWORKS)}
        learned = {families[passage.job] for passage in setting.learned.passages.values()}
        assert learned == set(families.values()) - {setting.truth.job.family}


def test_the_largest_jobs_are_foretold_from_smaller_ones_only(laptop, monkeypatch) -> None:
    jobs = [job for job in ORDINARY_JOBS if len(job.ladder) == 1][:6]
    largest = sorted(jobs, key=lambda job: costs(job.workload).training_flops)[-2:]
    learned = []

    def watched(way, split: Split, known, budget_s, seeds):
        if {truth.job.id for truth in known} == {job.id for job in largest}:
            learned.extend(split.learned(truth).passages for truth in known)
        return trials(way, split, known, budget_s, seeds)

    monkeypatch.setattr("assistant.evaluation.evaluate.trials", watched)
    evaluate(corpus(laptop, RATES, *jobs), quick=True, say=lambda *_: None)
    assert len(learned) == 2
    smaller = {job.id for job in jobs} - {job.id for job in largest}
    for passages in learned:
        assert {passage.job for passage in passages.values()} == smaller


def test_what_a_start_takes_after_other_networks_is_no_forecast_of_it(laptop) -> None:
    measured = corpus(laptop, RATES, SMALL_JOB)
    (known,) = truths(measured)
    passage = measured.passages[SMALL_JOB.id, "probe"]
    rows = tuple(row.model_copy(update={"fresh": False}) for row in passage.measurements[0].candidates)
    stale = replace(passage, measurements=(passage.measurements[0].model_copy(update={"candidates": rows}),))
    for passages, told in ((measured.passages, True), (measured.passages | {(SMALL_JOB.id, "probe"): stale}, False)):
        of = replace(measured, passages=passages)
        forecasts = probewise(Setting(of, of, known, 60.0, 0)).forecasts
        assert (forecasts["jax-jit"].first_result_s is not None) is told
        assert forecasts["jax-jit"].step_ms


def test_a_break_even_counts_as_foretold_only_where_the_forecast_has_it_too() -> None:
    sure = {"evidence": "forecast", "log_sd": 0.01}

    def told(candidate: str, first_s: float, step_ms: float) -> JobForecast:
        return JobForecast(candidate, step_ms=Estimate(step_ms, **sure), first_result_s=Estimate(first_s, **sure))

    results = {
        "pytorch-eager": result("pytorch-eager", 100.0, import_s=1.0, build_s=0.0, first_step_s=0.1),
        "pytorch-compile": result("pytorch-compile", 50.0, import_s=1.0, build_s=0.0, first_step_s=10.1),
    }
    known = Truth(SMALL_JOB, results)
    right = {
        "pytorch-eager": told("pytorch-eager", 1.1, 100.0),
        "pytorch-compile": told("pytorch-compile", 11.1, 60.0),
    }
    wrong = right | {"pytorch-compile": told("pytorch-compile", 11.1, 110.0)}
    found = summarize([Trial(known, 0, "pytorch-eager", right), Trial(known, 1, "pytorch-eager", wrong)], None)
    assert (found.break_even_pairs, found.break_even_foretold) == (1, 0.5)
    assert found.break_even_median == pytest.approx(0.25, abs=0.01)
    assert found.break_even_held == 0
    assert found.by_evidence["forecast"].forecasts == 4


def test_an_equal_share_that_is_too_short_for_a_step_shows_nothing(laptop) -> None:
    measured = corpus(laptop, RATES, SMALL_JOB)
    (known,) = truths(measured)
    assert real_target(Setting(measured, measured, known, 0.5, 0)).pick is None


def test_a_job_of_which_the_truth_is_not_known_is_no_trial(laptop) -> None:
    measured = corpus(laptop, RATES, SMALL_JOB, LADDER_JOB)
    del measured.passages[SMALL_JOB.id, "truth"]
    assert [each.job for each in truths(measured)] == [LADDER_JOB]


def test_an_evaluation_has_every_figure_and_the_noise_of_its_own_measurements(laptop) -> None:
    jobs = [job for job in ORDINARY_JOBS if len(job.ladder) == 1][:6]
    found = evaluate(corpus(laptop, RATES, *jobs), quick=True, say=lambda *_: None)
    assert found.summary.workloads == len(found.rows) == 6
    assert found.summary.budget_s == 60
    assert [each.budget_s for each in found.by_budget] == [10, 30, 60, 120]
    assert found.largest_third.workloads == 2
    assert found.from_rungs is None
    assert found.baselines_by_budget.keys() == {"real-target"}
    assert set(found.by_family) == {job.family for job in jobs}
    assert found.baselines["tensorflow-graph"].mean_regret > found.summary.mean_regret
    assert found.noise.repeated.step_time_mape == found.noise.repeated.mean_regret == 0


def test_the_command_prints_the_promised_keys(laptop, monkeypatch) -> None:
    monkeypatch.setattr("assistant.corpus.records.corpora", lambda: [corpus(laptop, RATES, SMALL_JOB)])
    run = CliRunner().invoke(cli.app, ["evaluate", "--quick", "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert told.keys() >= {"summary", "baselines", "by_budget", "rows"}
    promised = {
        *("budget_s", "workloads", "within_5_percent", "within_10_percent", "mean_regret", "worst_regret"),
        *("closed_gap", "step_time_mape", "memory_mape", "coverage_90"),
    }
    for summary in (told["summary"], *told["baselines"].values(), *told["by_budget"]):
        assert summary.keys() >= promised
    shown = CliRunner().invoke(cli.app, ["evaluate", "--quick"])
    assert shown.exit_code == 0
    assert "By seconds of probing" in shown.stdout


def test_any_machine_may_be_evaluated_by_its_fingerprint(laptop, monkeypatch) -> None:
    other = laptop.model_copy(update={"fingerprint": "f" * 16, "cpu": "another processor"})
    both = [corpus(laptop, RATES, SMALL_JOB, LADDER_JOB), corpus(other, RATES, SMALL_JOB)]
    monkeypatch.setattr("assistant.corpus.records.corpora", lambda: both)
    told = CliRunner().invoke(cli.app, ["evaluate", "--quick", "--json", "--machine", "f" * 16])
    assert json.loads(told.stdout)["machine"] == "another processor"
    with pytest.raises(evaluation_command.InvalidInput, match=f"expected one of {laptop.fingerprint}, {'f' * 16}"):
        evaluation_command.evaluate(quick=True, of="nobody")


def test_without_a_job_measured_in_full_it_says_how_to_collect_some(monkeypatch) -> None:
    monkeypatch.setattr("assistant.corpus.records.corpora", list)
    with pytest.raises(evaluation_command.InvalidInput, match="evaluate --collect"):
        evaluation_command.evaluate(quick=True, collect=False, as_json=False)


def test_collecting_evaluates_nothing(monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["probewise"])
    with pytest.raises(evaluation_command.InvalidInput, match="--collect"):
        evaluation_command.evaluate(quick=True, collect=True, as_json=False)
    with pytest.raises(evaluation_command.InvalidInput, match="--machine"):
        evaluation_command.evaluate(collect=True, of="0" * 16)


def test_log_regret_is_symmetric() -> None:
    known = truth(jax_jit=10.0, pytorch_eager=20.0)
    found = summarize([trial("jax-jit", known), trial("pytorch-eager", known)], None)
    assert found.mean_regret == pytest.approx(sqrt(2) - 1)
