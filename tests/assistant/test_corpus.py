"""The corpus: what is written is read back, the committed one is whole, and a sweep resumes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Self

import pytest

from assistant.corpus import collection
from assistant.corpus.collection import collect
from assistant.corpus.jobs import JOBS, find_measured
from assistant.corpus.records import PARTS, corpora, read_passages, write_passages
from assistant.errors import InvalidInput
from assistant.ladder import full_ladder
from probes.campaign.parity import parity_limit
from probes.candidates import CANDIDATES
from probes.comparison import Ratio
from probes.costs import costs
from probes.environments import installed_versions
from probes.errors import UnknownId
from probes.hardware import machine
from probes.report import Accelerator, Control
from tests.assistant.corpora import LADDER_JOB, SMALL_JOB, corpus, failure, result
from tests.runs import a_report

RATES = {"pytorch-eager": 20.0, "jax-jit": 10.0}


def test_what_is_written_is_read_back(tmp_path, laptop) -> None:
    passages = dict(corpus(laptop, RATES, SMALL_JOB, LADDER_JOB).passages)
    key = SMALL_JOB.id, "probe"
    control = Control(candidate="jax-jit", ratio=Ratio(1.5, 1.25, 1.75, 6), different=True)
    failed = failure("keras-jax", "failed", 'It ended, "badly".\nLast words: oh.')
    (measured,) = passages[key].measurements
    told = measured.model_copy(update={"candidates": (*measured.candidates, failed), "control": control})
    passages[key] = replace(passages[key], measurements=(told,))
    write_passages(tmp_path / "some.csv", passages.values())
    found = read_passages(tmp_path / "some.csv")
    assert found.keys() == passages.keys()
    (again,) = found[key].measurements
    assert again.control is not None
    assert (again.control.candidate, again.control.different, again.control.ratio.pairs) == ("jax-jit", True, 6)
    assert (again.control.ratio.low, again.control.ratio.high) == pytest.approx((1.25, 1.75))
    assert again.candidates[-1].error == failed.error
    for ours, theirs in zip(again.candidates, told.candidates, strict=True):
        assert (ours.candidate, ours.status, ours.rounds, ours.steady) == (
            *(theirs.candidate, theirs.status, theirs.rounds, theirs.steady),
        )
        assert ours.step_ms == (theirs.step_ms and pytest.approx(theirs.step_ms, rel=1e-5))
        assert ours.samples == pytest.approx(theirs.samples, rel=1e-5)


def test_without_a_file_there_are_no_passages(tmp_path) -> None:
    assert read_passages(tmp_path / "none.csv") == {}
    assert corpora(tmp_path) == []


def test_a_workload_that_no_job_has_is_told() -> None:
    with pytest.raises(UnknownId, match="'mlp-giant'"):
        find_measured("mlp-giant")


def test_the_jobs_are_many_and_of_all_families_and_sizes() -> None:
    jobs = [job for job in JOBS if job.forecast]
    assert len(jobs) >= 60
    assert len({job.id for job in jobs}) == len(jobs)
    families = [job.family for job in jobs]
    assert {families.count(family) for family in families} >= {7}
    assert len(set(families)) == 9
    flops = [costs(job.workload).training_flops for job in jobs]
    assert max(flops) > 10_000 * min(flops)
    for job in jobs:
        assert job.ladder[: len(full_ladder(job.workload))] == full_ladder(job.workload)
        assert max(job.ladder, key=lambda workload: costs(workload).training_flops) == job.workload


def test_the_committed_corpora_have_every_candidate_and_name_their_machine() -> None:
    found = corpora()
    assert found
    for each in found:
        assert each.versions.keys() >= {"torch", "tensorflow", "keras", "jax", "scikit-learn"}
        assert each.machine.cpu
        for passage in each.passages.values():
            for measurement in passage.measurements:
                assert {row.candidate for row in measurement.candidates} == {candidate.id for candidate in CANDIDATES}


class Sessions:
    """In place of probe sessions: reports at once what it is asked for; `contended` says of which attempts."""

    def __init__(self, contended: tuple[int, ...] = ()) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._contended = contended

    def __call__(self, **_options: object) -> Sessions:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def focus(self, workloads) -> None:
        self.asked.append(tuple(workload.id for workload in workloads))
        self._workloads = workloads

    def start(self) -> None:
        pass

    def wait(self) -> None:
        pass

    def report(self):
        contended = len(self.asked) - 1 in self._contended
        rows = (result("jax-jit", 2.0 if contended else 1.0),)
        return a_report(
            workload=self._workloads[0],
            versions=installed_versions(),
            candidates=rows,
            rungs=(),
            contended=contended,
        )


def test_every_row_of_the_committed_corpora_trains_what_the_reference_trains() -> None:
    measured = [each for one in corpora() for passage in one.passages.values() for each in passage.measurements]
    assert measured
    for measurement in measured:
        parities = [result.parity for result in measurement.candidates if result.parity is not None]
        assert max(parities, default=0.0) <= parity_limit(measurement.workload), measurement.workload.id


def test_a_sweep_measures_each_job_twice_and_goes_on_where_it_ended(tmp_path, monkeypatch) -> None:
    sessions = Sessions()
    monkeypatch.setattr(collection, "ProbeSession", sessions)
    rungs = next(job for job in JOBS if not job.forecast)
    path = collect(tmp_path, lambda *_: None, [SMALL_JOB])
    assert sessions.asked == [(SMALL_JOB.id,), (SMALL_JOB.id,)]
    assert collect(tmp_path, lambda *_: None, [SMALL_JOB, rungs]) == path
    assert sessions.asked[2:] == [tuple(workload.id for workload in rungs.ladder)]
    assert read_passages(path).keys() == {(SMALL_JOB.id, "probe"), (SMALL_JOB.id, "truth"), (rungs.id, "probe")}
    (found,) = corpora(tmp_path)
    assert found.machine.fingerprint == path.stem


def test_a_sweep_is_not_continued_with_other_versions(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(collection, "ProbeSession", Sessions())
    about = collect(tmp_path, lambda *_: None, [SMALL_JOB]).with_suffix(".toml")
    written = about.read_text(encoding="utf-8")
    about.write_text(re.sub(r'jax = "[^"]+"', 'jax = "0.0.1"', written), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"other versions than jax 0\.\d"):
        collect(tmp_path, lambda *_: None)


def test_accelerators_are_described_with_the_machine(tmp_path, monkeypatch) -> None:
    gpus = tuple(Accelerator(kind="nvidia", name=f'GPU "{number}"', memory_gb=80.0) for number in (1, 2))
    here = machine().model_copy(update={"accelerators": gpus})
    monkeypatch.setattr(collection, "ProbeSession", Sessions())
    monkeypatch.setattr(collection, "machine", lambda: here)
    collect(tmp_path, lambda *_: None, [SMALL_JOB])
    (found,) = corpora(tmp_path)
    assert found.machine.accelerators == gpus


def test_a_forecast_never_learns_from_the_family_it_is_judged_on() -> None:
    for family in {job.family for job in JOBS}:
        own = [job for job in JOBS if job.family == family]
        for each in corpora():
            without = each.without(own)
            assert not {workload.id for job in own for workload in job.ladder} & without.probed.keys(), family
            assert without.passages.keys() == each.passages.keys() - {(job.id, part) for job in own for part in PARTS}


def test_what_others_disturbed_is_measured_again(tmp_path, monkeypatch) -> None:
    sessions = Sessions(contended=(0,))
    monkeypatch.setattr(collection, "ProbeSession", sessions)
    passages = read_passages(collect(tmp_path, lambda *_: None, [SMALL_JOB]))
    assert len(sessions.asked) == 3
    assert passages[SMALL_JOB.id, "probe"].measurements[0].candidates[0].step_ms == 1.0
