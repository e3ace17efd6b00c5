"""A session: what it measures, in which order, what one failure costs the others, and that it leaves nothing."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
import toy_worker
from filelock import FileLock
from leftovers import left_by, started_by

from probes.campaign import campaign, crew, pacing
from probes.errors import UnknownId
from probes.report import CandidateResult, ProbeReport, Progress
from probes.schedule import ProbeSession
from probes.store import History
from probes.workloads import Workload, find_workload

OTHERS = ("jax-jit", "scikit-learn", "keras-torch")
COMPILED = ("jax-jit", "keras-jax", "tensorflow-graph")
# A worker that goes on, and what the others say of one.
WITHOUT_LAST_WORDS = ("refuse_workload", "another_loss", "no_loss")
TINY, SMALL, MEDIUM = (find_workload(f"mlp-{size}") for size in ("tiny", "small", "medium"))

pytestmark = pytest.mark.usefixtures("no_process_left", "short_blocks")


@pytest.fixture
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "BLOCK_MS", 4.0)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Toys start in no time, so that there is always enough of it."""
    monkeypatch.setattr(pacing, "HURRY_SHARE", 0.0)
    monkeypatch.setattr(crew.Crew, "starts_at_once", lambda self: 2)


class Toys:
    """Makes sessions whose candidates are toys, one of them, `pytorch-eager` unless told, with a fault."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.lock_path = directory / "lock"
        self.history = History(directory / "history.sqlite3")
        self._before = set(psutil.Process().children())

    def children(self) -> set[psutil.Process]:
        """The processes started since; other tests may keep a browser's driver."""
        return set(psutil.Process().children()) - self._before

    def session(
        self, fault: str = "none", others: Sequence[str] = OTHERS, faulty: str = "pytorch-eager", **options: object
    ) -> ProbeSession:
        sound = toy_worker.interpreter(self.directory)
        interpreters = dict.fromkeys(others, sound) | {faulty: toy_worker.interpreter(self.directory, fault)}
        return ProbeSession(list(interpreters), interpreters=interpreters, lock_path=self.lock_path, **options)

    def measure(self, fault: str = "none", workloads: Sequence[Workload] = (TINY,), **options: object) -> ProbeReport:
        with self.session(fault, **options) as session:
            session.focus(workloads)
            session.start()
            assert session.wait(60)
            report = session.report()
        assert report is not None
        self.assert_lock_is_free()
        return report

    def assert_one_fault_cost_one_row(self, report: ProbeReport, others: Sequence[str]) -> CandidateResult:
        """The faulty row; every other is complete, nothing runs, the lock is free the history takes the report."""
        results = by_id(report.candidates)
        (faulty,) = [results.pop(candidate) for candidate in set(results) - set(others)]
        assert set(results) == set(others)
        for result in results.values():
            assert (result.status, result.error) == ("ok", None)
            assert len(result.samples) == result.rounds >= pacing.MIN_ROUNDS
            assert None not in (result.import_s, result.build_s, result.first_step_s, result.memory_mb)
        assert not left_by(os.getpid())
        self.assert_lock_is_free()
        assert self.history.save(report)
        assert [run.report for run in self.history.runs()] == [report]
        return faulty

    def assert_lock_is_free(self) -> None:
        lock = FileLock(self.lock_path)
        lock.acquire(timeout=0)
        lock.release()


@pytest.fixture
def toys(tmp_path: Path) -> Toys:
    return Toys(tmp_path)


def by_id(candidates: Sequence[CandidateResult]) -> dict[str, CandidateResult]:
    return {result.candidate: result for result in candidates}


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


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("not_installed@configure", "unusable", "pip install torch"),
        ("broken_library@configure", "unusable", "cannot be imported"),
        ("exception@train", "failed", "shapes do not fit"),
        ("leave@configure", "unusable", "exit code 3"),
        ("segfault@steps", "failed", "SIGSEGV"),
        ("hang@train", "timeout", "The budget of 15 s was for 4 candidates"),
        ("hang_in_native_code_with_a_child@configure", "timeout", "The budget of 15 s"),
        ("memory_limit@build", "failed", "ran out of memory"),
        ("killed@steps", "failed", "memory ran out"),
        ("slow_death@steps", "failed", "it leaks more | it gives up"),
        ("garbage_on_the_pipe@steps", "failed", "no measurement"),
        ("huge_output_on_the_pipe@steps", "failed", "no measurement"),
        ("half_a_line@steps", "failed", "exit code 0"),
        ("leave_a_lost_child@train", "failed", "exit code 3"),
        ("another_loss@", "failed", "its first loss was 3, expected 2 within 0.1 %"),
        ("no_loss@", "failed", "its first loss was nan, expected 2"),
        ("refuse_workload@build", "unusable", "cannot do this workload"),
    ],
)
def test_a_fault_costs_its_own_row_only(toys: Toys, fault: str, status: str, words: str) -> None:
    report = toys.measure(fault, budget_s=15.0)
    faulty = toys.assert_one_fault_cost_one_row(report, OTHERS)
    assert faulty.status == status
    assert words in faulty.error
    assert (toy_worker.LAST_WORD in faulty.error) is not fault.startswith(WITHOUT_LAST_WORDS)
    assert (faulty.standing, faulty.to_leader) == (None, None)


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


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("not_installed@configure", "unusable"),
        ("leave@configure", "unusable"),
        ("hang@configure", "timeout"),
        ("exception@build", "failed"),
        ("refuse_workload@build", "unusable"),
        ("segfault@train", "failed"),
        ("hang@train", "timeout"),
        ("garbage_on_the_pipe@train", "failed"),
    ],
)
def test_a_fault_beside_others_costs_its_own_row_only(toys: Toys, hurried: None, fault: str, status: str) -> None:
    others = (*(each for each in COMPILED if each != "keras-jax"), "pytorch-eager")
    report = toys.measure(fault, others=others, faulty="keras-jax", budget_s=15.0)
    assert toys.assert_one_fault_cost_one_row(report, others).status == status


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
        monkeypatch.setattr(campaign, "CONTROL_START_S", 0.0)
        monkeypatch.setattr(campaign, "CONTROL_SHARE", 0.0)
    report = toys.measure(others=("scikit-learn",))
    assert report.control is None
    (note,) = [note for note in report.notes if "control" in note]
    assert reason in note


def test_where_none_starts_quickly_the_quickest_is_the_control(toys: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "CONTROL_START_S", 0.0)
    assert toys.measure(others=("scikit-learn",)).control is not None


def test_only_the_first_network_of_a_process_is_built_fresh(toys: Toys) -> None:
    report = toys.measure(workloads=(TINY, SMALL))
    main, rung = report.measurements
    assert [result.fresh for result in main.candidates] == [True] * 4
    assert [result.fresh for result in rung.candidates] == [False] * 4


def test_where_more_than_half_agree_it_is_the_reference_that_is_wrong(toys: Toys) -> None:
    report = toys.measure("another_loss@", budget_s=15.0, faulty="pytorch-eager")
    assert [result.candidate for result in report.candidates if result.status == "failed"] == ["pytorch-eager"]
    assert "leader" in [result.standing for result in report.candidates]
    results = by_id(report.candidates)
    assert results.pop("pytorch-eager").parity == 0.5
    assert {result.parity for result in results.values()} == {0.0}


def test_who_was_taken_for_wrong_is_measured_after_all(toys: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a wrong reference alone scikit-learn is in the minority, until jax-jit, put off, agrees with it."""
    monkeypatch.setattr(campaign.Campaign, "_all_fit", lambda *_: False)
    monkeypatch.setattr(campaign.Campaign, "_starts_late", lambda _self, each, _workload: each.name == "jax-jit")
    report = toys.measure("another_loss@", others=("jax-jit", "scikit-learn"))
    statuses = {result.candidate: result.status for result in report.candidates}
    assert statuses == {"pytorch-eager": "failed", "jax-jit": "ok", "scikit-learn": "ok"}


def test_where_nobody_is_ready_there_is_no_control_and_time_is_not_blamed(
    toys: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first group is measured and leaves its place to the second, which fails."""
    monkeypatch.setattr(crew.Crew, "capacity", lambda self, workload: 1)
    report = toys.measure("exception@build", others=("scikit-learn",), faulty="jax-jit")
    (note,) = [note for note in report.notes if "control" in note]
    assert "No candidate was ready" in note


def test_a_growth_run_that_fails_is_noted(toys: Toys) -> None:
    report = toys.measure("segfault_when_large@build", others=())
    (result,) = report.candidates
    assert result.status == "ok"
    (note,) = [note for note in report.notes if "pytorch-eager" in note]
    assert "grows with the batch" in note
    assert "SIGSEGV" in note
    assert toy_worker.LAST_WORD not in note
    assert report.memory_growth == ()


def test_tuned_rows_stand_beside_the_defaults_and_name_their_tunings(toys: Toys) -> None:
    report = toys.measure()
    tuned = by_id(report.tuned)["pytorch-eager"]
    assert "fused_adam" in tuned.tunings
    assert tuned.to_default.pairs >= pacing.MIN_ROUNDS
    assert (tuned.standing, tuned.to_leader) == (None, None)
    assert all(result.tunings == () for result in report.candidates)


def test_a_warm_start_follows_for_what_compiles(toys: Toys) -> None:
    results = by_id(toys.measure().candidates)
    assert results["jax-jit"].warm_start.first_step_s >= toy_worker.STEP_S
    assert results["pytorch-eager"].warm_start is None


def test_the_report_says_where_the_time_went(toys: Toys) -> None:
    report = toys.measure()
    assert set(report.wall_s) >= {"importing", "building", "first steps", "warming up", "timed steps"}
    assert all(seconds >= 0 for seconds in report.wall_s.values())
    assert sum(report.wall_s.values()) <= report.seconds
    assert report.wall_s["memory growth"] > 0
    assert 0 < report.overhead_share < 1


def test_a_clock_that_jumps_changes_no_measurement(toys: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    jumping = itertools.cycle((0.0, 4e9, -1e6))
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + next(jumping))
    report = toys.measure(budget_s=30.0)
    assert {result.status for result in report.candidates} == {"ok"}
    assert 0 < report.seconds < 60


def test_noise_on_stdout_disturbs_nothing(toys: Toys) -> None:
    results = toys.measure("garbage_on_stdout@steps").candidates
    assert {result.status for result in results} == {"ok"}


def test_a_failure_at_one_size_leaves_the_other_sizes(toys: Toys) -> None:
    report = toys.measure("segfault@train", workloads=(TINY, SMALL))
    assert [by_id(m.candidates)["pytorch-eager"].status for m in report.measurements] == ["failed", "failed"]
    assert [by_id(m.candidates)["jax-jit"].status for m in report.measurements] == ["ok", "ok"]


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


def test_closing_in_the_middle_leaves_nothing(toys: Toys) -> None:
    session = toys.session("hang@train")
    session.start()
    session.focus([TINY])
    while session.progress.stage != "first step" or session.progress.candidate != "pytorch-eager":
        time.sleep(0.01)
    session.close()
    session.close()
    toys.assert_lock_is_free()
    assert not toys.children()
    assert session.report() is None, "a worker that was killed to close has not failed"


@pytest.mark.parametrize(
    ("fault", "last_stage"),
    [
        ("none", "measuring"),
        ("hang@train", "first step"),
        ("hang_in_native_code@train", "first step"),
        ("hang_in_native_code_with_a_child@train", "first step"),
    ],
)
def test_a_parent_that_is_killed_takes_its_workers_along(toys: Toys, fault: str, last_stage: str) -> None:
    script = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_schedule import TINY, Toys
session = Toys(Path({str(toys.directory)!r})).session(
    {fault!r}, on_progress=lambda progress: print(progress.candidate, progress.stage, flush=True)
)
session.focus([TINY])
session.start()
session.wait()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        for line in parent.stdout:
            if line.strip() == f"pytorch-eager {last_stage}":
                break
        processes = started_by(parent.pid)
        parent.kill()
    assert len(processes) >= 2
    assert not left_by(parent.pid)
    toys.assert_lock_is_free()


def test_a_lock_that_cannot_be_taken_is_noted(toys: Toys) -> None:
    toys.lock_path = toys.directory / "file" / "lock"
    toys.lock_path.parent.write_text("no directory")
    with toys.session(others=()) as session:
        session.focus([TINY])
        session.start()
        assert session.wait(60)
        assert "cannot be locked" in session.report().notes[0]


def test_a_broken_listener_is_told_to_whoever_waits(toys: Toys) -> None:
    def on_progress(progress: Progress) -> None:
        raise RuntimeError("the page is gone")

    with toys.session(on_progress=on_progress) as session:
        session.focus([TINY])
        session.start()
        with pytest.raises(RuntimeError, match="the page is gone"):
            session.wait(60)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(UnknownId, match="'caffe'"):
        ProbeSession(["caffe"])
    with pytest.raises(ValueError, match="budget is 0"):
        ProbeSession(budget_s=0)
    with pytest.raises(ValueError, match="at least one workload"):
        ProbeSession().focus([])
