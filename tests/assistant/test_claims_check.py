"""Deciding claims: from measured figures, and for real with the frameworks."""

from __future__ import annotations

from importlib.metadata import distributions
from math import exp, sqrt

import pytest

from assistant.advice.estimates import REPEAT_LOG_SD, Z_90
from assistant.claims.allowance import Allowance
from assistant.claims.check import check_claims, decide
from assistant.claims.measure import Measured, measure, part
from assistant.claims.scripts import run_scripts
from knowledge.claims import RatioCheck, ScriptCheck
from knowledge.load import load
from probes.cold_starts import ColdStart, ColdStarts
from probes.errors import WorkerFailed
from probes.machine_lock import machine_to_itself, never
from probes.report import CandidateResult, ProbeReport
from probes.workloads import find_workload

KNOWLEDGE = load()
WORKLOAD = find_workload("mlp-small")


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path))


def check(metric: str = "step_ms", *denominator: str, **changes: object) -> RatioCheck:
    """Keras on TensorFlow takes more than as much as TensorFlow, or as those named."""
    record = {
        "kind": "ratio",
        "metric": metric,
        "numerator": "keras-tensorflow",
        "denominator": denominator or ("tensorflow-graph",),
        "workload": None if metric == "install_mb" else WORKLOAD.id,
        "holds_when": "above",
        "threshold": 1.0,
        "if_holds": "More.",
        "if_not": "Not more.",
    }
    return RatioCheck.model_validate(record | changes)


@pytest.fixture
def report(laptop):
    """A report from the step times of each candidate, in ms; None stands for one that failed."""

    def reported(contended: bool = False, **samples: tuple[float, ...] | None) -> Measured:
        rows = tuple(
            CandidateResult(
                candidate=name.replace("_", "-"),
                status="ok" if values else "failed",
                samples=values or (),
                sample_rounds=tuple(range(len(values or ()))),
                error=None if values else "It ran out of memory.",
            )
            for name, values in samples.items()
        )
        report = ProbeReport(
            machine=laptop,
            versions={},
            workload=WORKLOAD,
            candidates=rows,
            contended=contended,
            seconds=1.0,
            measured_at="2026-11-21T07:05:00+00:00",
        )
        return Measured(steady={WORKLOAD.id: report})

    return reported


def starts(*import_s: float, contended: int = 0) -> list[ColdStart]:
    """Cold starts with these import times, the first few contended."""
    return [ColdStart(each, 2 * each, 100 * each, place < contended) for place, each in enumerate(import_s)]


STEADY = (10.0, 10.1, 9.9, 10.0, 10.05)
TWICE = (20.0, 20.1, 19.9, 20.2, 20.0)


def test_a_clear_ratio_decides(report) -> None:
    result = decide("slow", check(), report(keras_tensorflow=TWICE, tensorflow_graph=STEADY))
    assert result.outcome == "holds here"
    assert result.figure == pytest.approx(2.0, rel=0.02)
    assert result.low <= result.figure <= result.high
    assert result.problem is None


def test_the_other_way_round_it_does_not_hold(report) -> None:
    assert decide("slow", check(), report(keras_tensorflow=STEADY, tensorflow_graph=TWICE)).outcome == (
        "does not hold here"
    )


def test_a_ratio_about_the_threshold_is_too_close_to_call(report) -> None:
    wavering = (9.0, 11.2, 9.4, 10.9, 10.0)
    result = decide("slow", check(), report(keras_tensorflow=wavering, tensorflow_graph=STEADY))
    assert result.outcome == "too close to call"
    assert result.low < 1 < result.high


def test_every_round_is_compared_with_its_own(report) -> None:
    """A disturbance that hits both in a round leaves their ratio as it is; only the next run's scatter remains."""
    disturbed = (10.0, 30.0, 10.0, 50.0, 10.0)
    twice = tuple(2 * each for each in disturbed)
    result = decide("slow", check(), report(keras_tensorflow=twice, tensorflow_graph=disturbed))
    assert result.comparisons[0].ratios == (2.0,) * 5
    scatter = exp(Z_90 * sqrt(2) * REPEAT_LOG_SD)
    assert (result.low, result.figure, result.high) == pytest.approx((2.0 / scatter, 2.0, 2.0 * scatter))


def test_it_holds_against_several_only_if_it_holds_against_each(report) -> None:
    several = check("step_ms", "tensorflow-graph", "jax-jit")
    result = decide("slow", several, report(keras_tensorflow=TWICE, tensorflow_graph=STEADY, jax_jit=(40.0,) * 5))
    assert result.outcome == "does not hold here"
    assert [each.denominator for each in result.comparisons] == ["tensorflow-graph", "jax-jit"]


def test_the_figure_that_is_shown_is_one_that_decided(report) -> None:
    several = check("step_ms", "tensorflow-graph", "jax-jit")
    clear, unclear = (40.0,) * 5, (19.8,) * 5
    result = decide("slow", several, report(keras_tensorflow=TWICE, tensorflow_graph=unclear, jax_jit=clear))
    assert result.outcome == "does not hold here"
    assert result.figure == pytest.approx(0.5, rel=0.02)


def test_a_candidate_that_failed_in_a_later_round_decides_nothing() -> None:
    cold = ColdStarts(
        starts={"keras-tensorflow": starts(3.0, 3.1, 3.0), "tensorflow-graph": starts(1.0, 1.0, 1.1)},
        failures={"keras-tensorflow": WorkerFailed("It ran out of memory.")},
    )
    result = decide("slow", check("import_s"), Measured(cold={WORKLOAD.id: cold}))
    assert (result.outcome, result.undecided, result.problem) == (
        None,
        "failed",
        "Keras, on TensorFlow: It ran out of memory.",
    )


def test_a_size_that_is_not_known_decides_nothing() -> None:
    size = check("install_mb").model_copy(update={"workload": None})
    result = decide("large", size, Measured(installed={"keras-tensorflow": 100.0}))
    assert result.outcome is None
    assert "installed" in (result.problem or "")


def test_a_contended_run_decides_nothing(report) -> None:
    result = decide("slow", check(), report(contended=True, keras_tensorflow=TWICE, tensorflow_graph=STEADY))
    assert (result.outcome, result.undecided, result.figure) == (None, "disturbed", None)
    assert "busy" in (result.problem or "")


def test_a_failed_candidate_decides_nothing_and_says_why(report) -> None:
    result = decide("slow", check(), report(keras_tensorflow=TWICE, tensorflow_graph=None))
    assert (result.outcome, result.problem) == (None, "TensorFlow, as a graph (tf.function): It ran out of memory.")


def test_too_few_rounds_decide_nothing(report) -> None:
    result = decide("slow", check(), report(keras_tensorflow=TWICE[:2], tensorflow_graph=STEADY[:2]))
    assert (result.outcome, result.undecided) == (None, "not reached")
    assert "Keras, on TensorFlow: It was not measured often enough" in (result.problem or "")


@pytest.mark.parametrize(
    ("metric", "undecided"), [("step_ms", "not reached"), ("import_s", "not reached"), ("install_mb", "failed")]
)
def test_nothing_measured_decides_nothing(metric, undecided) -> None:
    result = decide("slow", check(metric), Measured())
    assert (result.outcome, result.undecided) == (None, undecided)


def test_once_the_allowance_is_spent_nothing_is_begun_and_that_is_told() -> None:
    """No worker could answer here: a script that were run would fail, and a candidate that were measured as well."""
    scripts = [claim for claim in KNOWLEDGE.claims.values() if isinstance(claim.check, ScriptCheck)]
    results = list(run_scripts(scripts, lambda: 0.0, say=lambda *_: None, stopped=never))
    assert {result.claim for result in results} == {claim.id for claim in scripts}
    assert {(result.outcome, result.undecided) for result in results} == {(None, "not reached")}
    spent = Allowance(0.0)
    measured = measure([check(), check("import_s")], spent, seed=0, say=lambda *_: None)
    assert (measured.steady, measured.cold) == ({}, {})


def test_a_script_that_the_end_of_the_time_cuts_off_is_not_reached_and_has_not_failed() -> None:
    endless = ScriptCheck(
        kind="script",
        needs=("torch",),
        script="while True: pass",
        expected="holds here",
        if_holds="It ends.",
        if_not="It does not end.",
    )
    claim = KNOWLEDGE.claim("keras-slowest").model_copy(update={"check": endless})
    allowance = Allowance(1.0)
    with allowance.working():
        (result,) = run_scripts([claim], lambda: allowance.left_s, say=lambda *_: None, stopped=never)
    assert (result.outcome, result.undecided) == (None, "not reached")
    assert allowance.left_s == 0


def test_an_allowance_counts_what_is_done_within_it_and_what_others_have_timed() -> None:
    allowance = Allowance(100.0)
    allowance.spend(60.0)
    assert allowance.left_s == 40.0
    with allowance.working():
        under_way = allowance.spent_s
        assert 60.0 <= under_way < 100.0
    assert allowance.spent_s >= under_way
    allowance.spend(100.0)
    assert allowance.left_s == 0.0


def cold(**found: list[ColdStart]) -> Measured:
    return Measured(cold={WORKLOAD.id: ColdStarts({name.replace("_", "-"): each for name, each in found.items()})})


@pytest.mark.parametrize("metric", ["import_s", "first_step_s", "memory_mb"])
def test_cold_starts_decide_each_of_their_metrics(metric) -> None:
    measured = cold(keras_tensorflow=starts(*TWICE), tensorflow_graph=starts(*STEADY))
    assert decide("slow", check(metric), measured).outcome == "holds here"


def test_one_disturbed_start_in_many_is_tolerated_and_more_are_not() -> None:
    one = cold(keras_tensorflow=starts(*TWICE, contended=1), tensorflow_graph=starts(*STEADY))
    many = cold(keras_tensorflow=starts(*TWICE, contended=2), tensorflow_graph=starts(*STEADY, contended=2))
    assert decide("slow", check("import_s"), one).outcome == "holds here"
    assert decide("slow", check("import_s"), many).outcome is None


def test_a_start_that_failed_decides_nothing_and_says_why() -> None:
    measured = cold(keras_tensorflow=starts(*TWICE), tensorflow_graph=starts(*STEADY[:2]))
    measured.cold[WORKLOAD.id].failures["tensorflow-graph"] = WorkerFailed("TensorFlow cannot be imported.")
    result = decide("slow", check("import_s"), measured)
    assert result.outcome is None
    assert "TensorFlow cannot be imported." in (result.problem or "")


def test_sizes_need_no_rounds() -> None:
    measured = Measured(installed={"keras-tensorflow": 1800.0, "tensorflow-graph": 1200.0})
    result = decide("large", check("install_mb"), measured)
    assert (result.outcome, result.figure, result.low, result.high) == ("holds here", 1.5, 1.5, 1.5)


def test_the_parts_of_the_work_add_up_to_the_whole() -> None:
    said = []
    part(lambda what, share: said.append((what, share)), 0.2, 0.8)("measuring", 0.5)
    assert said == [("measuring", pytest.approx(0.6))]


def test_claims_without_a_check_give_no_result() -> None:
    unchecked = [claim for claim in KNOWLEDGE.claims.values() if claim.check is None]
    assert check_claims(unchecked, say=lambda *_: None).results == ()


def test_whoever_waits_for_the_machine_can_be_stopped() -> None:
    claims = [claim for claim in KNOWLEDGE.claims.values() if isinstance(claim.check, ScriptCheck)]
    said = []
    with machine_to_itself():
        ledger = check_claims(claims, say=lambda what, _share: said.append(what), stopped=lambda: True)
    assert ledger.results == ()
    assert said[0].startswith("Waiting")


def installed_packages() -> set[str]:
    return {distribution.name for distribution in distributions()}


@pytest.mark.frameworks
def test_scripts_and_a_size_are_decided_for_real() -> None:
    """None of the three times anything, so they can be asked on a busy machine too."""
    wanted = ["keras-on-theano-and-cntk", "keras-needs-nothing-else", "tensorflow-larger-install"]
    said, found = [], []
    ledger = check_claims(
        [KNOWLEDGE.claim(each) for each in wanted],
        say=lambda _what, share: said.append(share),
        found=lambda so_far: found.append(len(so_far.results)),
    )
    results = {result.claim: result for result in ledger.results}
    assert {claim: result.outcome for claim, result in results.items()} == {
        "keras-on-theano-and-cntk": "does not hold here",
        "keras-needs-nothing-else": "does not hold here",
        # With its CUDA libraries PyTorch is the larger one.
        "tensorflow-larger-install": "does not hold here" if "triton" in installed_packages() else "holds here",
    }
    assert "theano" in results["keras-on-theano-and-cntk"].figure
    sizes = results["tensorflow-larger-install"].comparisons
    assert {each.denominator for each in sizes} == {"keras-jax", "keras-torch"}
    assert said == sorted(said)
    assert found == [1, 2, 3]


@pytest.mark.frameworks
def test_a_stopped_check_keeps_what_it_has_decided() -> None:
    wanted = [KNOWLEDGE.claim(each) for each in ("keras-on-theano-and-cntk", "keras-slowest")]
    found = []
    ledger = check_claims(wanted, say=lambda *_: None, found=found.append, stopped=lambda: bool(found))
    assert [result.claim for result in ledger.results] == ["keras-on-theano-and-cntk"]


def test_rounds_are_paired_by_their_number_and_not_by_their_place(report) -> None:
    measured = report(keras_tensorflow=(20.0, 40.0, 20.0, 40.0), tensorflow_graph=(20.0, 10.0, 20.0, 10.0))
    (workload,) = measured.steady
    whole = measured.steady[workload]
    numbers = {"keras-tensorflow": (1, 2, 3, 4), "tensorflow-graph": (2, 1, 4, 3)}
    rows = tuple(row.model_copy(update={"sample_rounds": numbers[row.candidate]}) for row in whole.candidates)
    measured.steady[workload] = whole.model_copy(update={"candidates": rows})
    assert decide("slow", check(), measured).figure == pytest.approx(2.0)


def test_too_few_rounds_in_common_decide_nothing(report) -> None:
    measured = report(keras_tensorflow=TWICE, tensorflow_graph=STEADY)
    (workload,) = measured.steady
    whole = measured.steady[workload]
    rows = tuple(
        row.model_copy(update={"sample_rounds": tuple(range(start, start + 5))})
        for row, start in zip(whole.candidates, (0, 3), strict=True)
    )
    measured.steady[workload] = whole.model_copy(update={"candidates": rows})
    assert decide("slow", check(), measured).undecided == "not reached"
