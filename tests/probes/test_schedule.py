"""A session: what it measures, in which order, for how long, and what a new focus changes."""

from __future__ import annotations

import re
import threading

import pytest
import toy_worker
from filelock import FileLock
from toys import COMPILED, MEDIUM, OTHERS, SMALL, TINY, Toys, by_id

from probes.campaign import campaign, controls, crew, pacing, rounds
from probes.campaign.pacing import ORDINARY
from probes.errors import UnknownId
from probes.report import Progress
from probes.schedule import ProbeSession

pytestmark = pytest.mark.usefixtures("no_process_left", "short_blocks", "undisturbed")


def test_every_candidate_gets_its_rounds_and_its_figures(toys: Toys) -> None:
    report = toys.measure(workloads=(TINY, SMALL))
    assert [measurement.workload.id for measurement in report.measurements] == ["mlp-tiny", "mlp-small"]
    for measurement in report.measurements:
        assert [result.candidate for result in measurement.candidates] == [*OTHERS, "pytorch-eager"]
        for result in measurement.candidates:
            assert (result.status, result.parity, result.device) == ("ok", 0.0, "cpu")
            assert pacing.MIN_ROUNDS <= result.rounds == len(result.samples)
            assert result.step_ms_low <= result.step_ms <= result.step_ms_high
            assert result.step_ms >= 1000 * toy_worker.STEP_S
            assert None not in (result.import_s, result.build_s, result.first_step_s, result.memory_mb)
    assert report.versions == {"toy": "1.0"}


def test_when_time_is_short_starts_go_side_by_side_and_the_rows_say_so(toys: Toys, hurried: None) -> None:
    told: list[Progress] = []
    report = toys.measure(others=COMPILED, budget_s=20.0, on_progress=told.append)
    results = by_id(report.candidates)
    assert {result.status for result in results.values()} == {"ok"}
    beside = {candidate for candidate, result in results.items() if result.start_beside}
    assert beside == set(COMPILED)
    assert any("side by side" in note for note in report.notes)
    # Who tells how long a step takes is measured before the others are started.
    firsts = list(dict.fromkeys((progress.candidate, progress.stage) for progress in told))
    assert firsts.index(("pytorch-eager", "measuring")) < firsts.index(("jax-jit", "first step"))


def test_with_time_enough_every_first_step_is_taken_alone(toys: Toys) -> None:
    report = toys.measure(others=COMPILED, budget_s=60.0)
    assert not any(result.start_beside for result in report.candidates)
    assert not any("side by side" in note for note in report.notes)


def test_a_new_focus_interrupts_starts_that_go_side_by_side(toys: Toys, hurried: None) -> None:
    heard = threading.Event()

    def on_progress(progress: Progress) -> None:
        if (progress.candidate, progress.stage) == ("keras-jax", "first step"):
            heard.set()

    others = (*(each for each in COMPILED if each != "keras-jax"), "pytorch-eager")
    with toys.session("slow_start@train", others, "keras-jax", on_progress=on_progress, budget_s=20.0) as session:
        session.start()
        session.focus([TINY, MEDIUM])
        assert heard.wait(60)
        session.focus([SMALL])
        assert session.wait(60)
        report = session.report()
    assert report.workload == SMALL
    assert {result.status for result in report.candidates} == {"ok"}


def test_one_that_is_clearly_slower_drops_out_and_the_leader_is_told(toys: Toys) -> None:
    results = by_id(toys.measure("slow@steps").candidates)
    slow = results.pop("pytorch-eager")
    assert slow.standing == "slower"
    assert slow.to_leader.low > 1.05
    assert slow.rounds < max(result.rounds for result in results.values())
    assert [result.standing for result in results.values()].count("leader") == 1


def test_a_hidden_control_runs_along_and_is_no_row(toys: Toys) -> None:
    report = toys.measure()
    assert report.control.candidate in {*OTHERS, "pytorch-eager"}
    assert report.control.ratio.pairs >= pacing.MIN_ROUNDS
    assert len(report.candidates) == 4
    assert not any("control" in note for note in report.notes)


@pytest.mark.parametrize(
    ("room", "start_s", "reason"),
    [(2, None, "too little memory"), (9, 100.0, "Time was too short to start another process")],
)
def test_a_measurement_without_a_control_says_why(
    toys: Toys, monkeypatch: pytest.MonkeyPatch, room: int, start_s: float | None, reason: str
) -> None:
    monkeypatch.setattr(crew.Crew, "capacity", lambda self, workload: room)
    if start_s is not None:
        monkeypatch.setattr(controls, "CONTROL_START_S", 0.0)
        monkeypatch.setattr(controls, "CONTROL_SHARE", 0.0)
    report = toys.measure(others=("scikit-learn",))
    assert report.control is None
    (note,) = [note for note in report.notes if "control" in note]
    assert reason in note


def test_where_none_starts_quickly_the_quickest_is_the_control(toys: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls, "CONTROL_START_S", 0.0)
    assert toys.measure(others=("scikit-learn",)).control is not None


def test_only_the_first_network_of_a_process_is_built_fresh(toys: Toys) -> None:
    report = toys.measure(workloads=(TINY, SMALL))
    main, rung = report.measurements
    assert [result.fresh for result in main.candidates] == [True] * 4
    assert [result.fresh for result in rung.candidates] == [False] * 4


def test_where_nobody_is_ready_there_is_no_control_and_time_is_not_blamed(
    toys: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first group is measured and leaves its place to the second, which fails."""
    monkeypatch.setattr(crew.Crew, "capacity", lambda self, workload: 1)
    report = toys.measure("exception@build", others=("scikit-learn",), faulty="jax-jit")
    (note,) = [note for note in report.notes if "control" in note]
    assert "No candidate was ready" in note


def test_tuned_rows_stand_beside_the_defaults_and_name_their_tunings(toys: Toys) -> None:
    report = toys.measure(effort=ORDINARY)
    tuned = by_id(report.tuned)["pytorch-eager"]
    assert "fused_adam" in tuned.tunings
    assert tuned.to_default.pairs >= pacing.MIN_ROUNDS
    assert (tuned.standing, tuned.to_leader) == (None, None)
    assert all(result.tunings == () for result in report.candidates)


def test_a_warm_start_follows_for_what_compiles(toys: Toys) -> None:
    results = by_id(toys.measure(effort=ORDINARY).candidates)
    assert results["jax-jit"].warm_start.first_step_s >= toy_worker.STEP_S
    assert results["pytorch-eager"].warm_start is None


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "LEAST_HANG_S", 1.5)


def test_a_default_that_hangs_beside_its_tuned_row_leaves_the_others_their_time(toys: Toys, impatient: None) -> None:
    report = toys.measure(
        "hang@build_again",
        (TINY, SMALL),
        others=("tensorflow-graph",),
        faulty="jax-jit",
        effort=ORDINARY,
        budget_s=15.0,
    )
    results = by_id(report.candidates)
    assert {row.status for row in results.values()} == {"ok"}
    assert results["tensorflow-graph"].warm_start is not None


def test_a_warm_start_that_hangs_leaves_the_others_theirs(toys: Toys, impatient: None) -> None:
    faulty = toy_worker.interpreter(toys.directory, "hang@build_warm")
    compiled = {"jax-jit": faulty, "tensorflow-graph": faulty}
    with ProbeSession([*compiled], interpreters=compiled, lock_path=toys.lock_path, budget_s=15.0) as session:
        session.focus([TINY])
        session.start()
        assert session.wait(60)
        report = session.report()
    hung = [note for note in report.notes if "could not be started again" in note]
    assert len(hung) == len(compiled), "each had a start of its own"
    assert report.memory_growth


def test_the_report_says_where_the_time_went(toys: Toys) -> None:
    report = toys.measure(effort=ORDINARY)
    assert set(report.wall_s) >= {"importing", "building", "first steps", "warming up", "timed steps"}
    assert all(seconds >= 0 for seconds in report.wall_s.values())
    assert sum(report.wall_s.values()) <= report.seconds
    assert report.wall_s["memory growth"] > 0
    assert 0 < report.overhead_share < 1


def test_what_the_budget_does_not_reach_names_the_budget(toys: Toys) -> None:
    report = toys.measure("hang@configure", others=(), budget_s=1.5)
    (result,) = report.candidates
    assert result.status == "timeout"
    assert "budget of 2 s" in result.error
    assert report.seconds < 30


def test_a_new_focus_keeps_what_is_measured_and_the_workers(toys: Toys) -> None:
    with toys.session() as session:
        session.start()
        session.focus([TINY])
        assert session.wait(60)
        first = session.report()
        workers = toys.children()
        session.focus([SMALL, TINY])
        assert session.wait(60)
        second = session.report()
        assert toys.children() <= workers
    assert second.workload == SMALL
    assert second.rungs[0].candidates == first.candidates


def test_a_new_focus_interrupts_the_old_one(toys: Toys) -> None:
    heard = threading.Event()

    def on_progress(progress: Progress) -> None:
        if progress.stage == "measuring":
            heard.set()

    with toys.session(on_progress=on_progress) as session:
        session.start()
        session.focus([TINY, MEDIUM])
        assert heard.wait(60)
        session.focus([SMALL])
        assert session.wait(60)
        report = session.report()
    assert report.workload == SMALL
    assert {result.status for result in report.candidates} == {"ok"}
    assert report.rungs == ()


def test_a_new_budget_tries_again_what_the_last_did_not_reach(toys: Toys) -> None:
    with toys.session("hang@train", budget_s=2.0, others=()) as session:
        session.start()
        session.focus([TINY])
        assert session.wait(60)
        told: list[str] = []
        session._on_progress = lambda progress: told.append(progress.stage)
        session.focus([TINY])
        assert session.wait(60)
    assert "first step" in told


def test_who_was_not_even_begun_says_what_it_takes_and_is_measured_with_the_budget_that_it_needs(
    toys: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here all is expected to take five times as long as usual, and to compile longer than there is."""
    monkeypatch.setattr(pacing, "slowness", lambda _ledger: 5.0)
    with toys.session("none", ("scikit-learn",), "pytorch-compile", budget_s=20.0) as session:
        session.start()
        assert session.further_budget_s == 0
        for _budget in range(2):
            # As often as one asks for the same.
            session.focus([TINY])
            assert session.wait(60)
            late = by_id(session.report().candidates)["pytorch-compile"]
            assert (late.status, late.rounds) == ("timeout", 0)
            needed_s, left_s, budget_s = map(float, re.findall(r"(\d+) s", late.error))
            assert needed_s > budget_s == 20 >= left_s
            assert "spent" not in late.error, "nothing was spent on it"
        further_s = session.further_budget_s
        assert further_s > needed_s
        session.focus([TINY], further_s)
        assert session.wait(60)
        assert {row.status for row in session.report().candidates} == {"ok"}
        assert session.further_budget_s == 0


def test_a_network_that_a_process_holds_still_is_not_built_again_to_be_compared_with(
    toys: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "FITTING_SHARE", 0.0)
    monkeypatch.setattr(
        campaign.Campaign, "_starts_late", lambda _self, each, _workload: each.name == "pytorch-compile"
    )
    report = toys.measure(
        "exception@build_again", others=("pytorch-compile",), faulty="jax-jit", effort=ORDINARY, budget_s=15.0
    )
    late = by_id(report.candidates)["pytorch-compile"]
    assert late.status == "ok"
    assert late.standing is not None, "it raced the one before"
    assert by_id(report.tuned)["jax-jit"].to_default is not None


@pytest.mark.parametrize(("workloads", "most"), [((TINY,), 8), ((TINY, SMALL), pacing.FULL_ROUNDS)])
def test_what_is_left_decides_who_is_fastest_as_far_as_networks_are_still_held(
    toys: Toys, monkeypatch: pytest.MonkeyPatch, workloads, most
) -> None:
    monkeypatch.setattr(pacing, "DECIDING_ROUND_SHARE", 0.0)
    monkeypatch.setattr(rounds, "settled", lambda *_rows: False)
    monkeypatch.setattr(rounds, "clearly_slower", lambda *_rows: False)
    report = toys.measure(workloads=workloads, effort=pacing.Effort(most_rounds=8, refined=False))
    assert {result.rounds for result in report.candidates} == {most}


@pytest.mark.usefixtures("undisturbed")
def test_who_comes_late_is_compared_with_the_fastest_before_and_so_with_all(
    toys: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "FITTING_SHARE", 0.0)
    monkeypatch.setattr(rounds, "clearly_slower", lambda *_rows: False)
    monkeypatch.setattr(
        campaign.Campaign, "_starts_late", lambda _self, each, _workload: each.name == "pytorch-eager"
    )
    report = toys.measure(workloads=(TINY, SMALL))
    numbers = {result.candidate: set(result.sample_rounds) for result in report.candidates}
    late = numbers.pop("pytorch-eager")
    (beside,) = [other for other, taken in numbers.items() if taken & late]
    assert late <= numbers[beside]
    assert min(late) > max(max(taken - late) for taken in numbers.values())
    assert {result.standing for result in report.candidates} <= {"leader", "tied", "slower"}
    assert report.control is not None, "it runs along at last"


def test_a_control_that_was_compared_is_not_measured_again(toys: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    owed = controls.Controls.owed
    monkeypatch.setattr(controls.Controls, "owed", lambda *given: asked.append(owed(*given)) or asked[-1])
    with toys.session("hang@train", budget_s=8.0) as session:
        session.start()
        for _budget in range(2):
            session.focus([TINY])
            assert session.wait(60)
            assert session.report().control is not None
    assert asked.count(True) == 1
    assert not asked[-1], "who hangs was waited for once more"


def test_progress_only_grows_and_never_promises_more_than_the_budget(toys: Toys) -> None:
    told: list[Progress] = []
    toys.measure("exception@train", workloads=(TINY, SMALL), on_progress=told.append, budget_s=20.0)
    shares = [progress.share for progress in told]
    assert shares == sorted(shares)
    assert (told[0].share, told[-1].share, told[-1].stage) == (0.0, 1.0, "done")
    assert all(0 <= progress.seconds_left <= 20 for progress in told)
    assert {progress.stage for progress in told} >= {"importing", "building", "first step", "measuring"}


def test_the_order_of_every_round_is_shuffled_and_the_same_for_a_seed(toys: Toys) -> None:
    def order(seed: int) -> list[str]:
        told: list[Progress] = []
        toys.measure(on_progress=told.append, seed=seed)
        return [progress.candidate for progress in told if progress.stage == "measuring"]

    # Three rounds of four and the control: later on, who still takes part depends on the times.
    first = order(1)[:15]
    rounds = [tuple(first[start : start + 5]) for start in range(0, 15, 5)]
    assert all(set(turn) == {*OTHERS, "pytorch-eager"} for turn in rounds)
    assert len(set(rounds)) > 1
    assert order(1)[:15] == first
    assert order(2)[:15] != first


def test_with_little_memory_candidates_are_measured_in_groups_and_it_says_so(
    toys: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew.Crew, "capacity", lambda self, workload: 2)
    most: list[int] = []
    report = toys.measure(on_progress=lambda progress: most.append(len(toys.children())))
    assert max(most) == 2
    assert {result.status for result in report.candidates} == {"ok"}
    assert "in groups" in report.notes[0]


def test_a_second_session_waits_for_the_first(toys: Toys) -> None:
    with FileLock(toys.lock_path), toys.session() as session:
        session.focus([TINY])
        session.start()
        assert not session.wait(0.3)
        assert (session.progress.stage, session.progress.share, session.report()) == ("waiting", 0.0, None)


def test_on_a_machine_where_nobody_measures_a_session_never_says_that_it_waits(toys: Toys) -> None:
    told: list[Progress] = []
    with toys.session(on_progress=told.append) as session:
        session.focus([TINY])
        assert session.progress.stage == "starting"
        session.start()
        assert session.wait(60)
    stages = [progress.stage for progress in told]
    assert (stages[0], stages[-1]) == ("starting", "done")
    assert "waiting" not in stages


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(UnknownId, match="'caffe'"):
        ProbeSession(["caffe"])
    with pytest.raises(ValueError, match="budget is 0"):
        ProbeSession(budget_s=0)
    with pytest.raises(ValueError, match="at least one workload"):
        ProbeSession().focus([])
