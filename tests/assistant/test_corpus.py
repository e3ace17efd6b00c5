from __future__ import annotations

import io
from pathlib import Path

from assistant.advice.corpus import main, read_corpus, write_corpus
from probes.report import CandidateResult, ProbeReport
from probes.workloads import find_workload

ABOUT = """
measured_at = "2026-11-21T00:00:00Z"
[machine]
fingerprint = "0"
operating_system = "linux"
platform = "Linux"
python = "3.12.4"
cpu = "a processor"
physical_cores = 2
logical_cores = 2
memory_gb = 16
[versions]
jax = "0.10.2"
"""


def report(laptop, *rows: CandidateResult) -> ProbeReport:
    return ProbeReport(
        machine=laptop,
        versions={},
        workload=find_workload("mlp-tiny"),
        candidates=rows,
        seconds=1,
        measured_at="2026-11-21T00:00:00Z",
    )


def test_what_is_written_is_read_back(tmp_path: Path, laptop) -> None:
    good = CandidateResult(candidate="jax-jit", status="ok", step_ms=0.25, rounds=5, memory_mb=200, device="cpu:0")
    bad = CandidateResult(candidate="pytorch-eager", status="failed", error="it crashed, twice")
    path = tmp_path / "some.csv"
    with path.open("w", newline="") as file:
        write_corpus([report(laptop, good, bad)], file)
    path.with_suffix(".toml").write_text(ABOUT)
    corpus = read_corpus(path)
    assert set(corpus.measurements["mlp-tiny"].candidates) == {good, bad}
    assert corpus.report(["mlp-tiny"]).workload == find_workload("mlp-tiny")


def test_of_several_rows_the_one_that_says_most_is_kept(laptop) -> None:
    rows = [
        CandidateResult(candidate="jax-jit", status="ok", step_ms=1, rounds=3),
        CandidateResult(candidate="jax-jit", status="ok", step_ms=2, rounds=5),
        CandidateResult(candidate="jax-jit", status="timeout", rounds=9, error="too slow"),
    ]
    file = io.StringIO()
    write_corpus([report(laptop, row) for row in rows], file)
    (line,) = file.getvalue().splitlines()[1:]
    assert ",2.0," in line


def test_a_file_that_is_no_report_is_refused_in_one_line(tmp_path: Path, capsys) -> None:
    (tmp_path / "x.json").write_text("{}")
    assert main([str(tmp_path / "x.json")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
