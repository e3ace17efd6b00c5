"""A corpus as files: one CSV row for each candidate on each workload, beside it the machine and how it was measured.

`NAME.csv` holds the rows, `NAME-controls.csv` what was found between two processes of one candidate,
`NAME-forecasts.csv` how forecasts of its jobs went, `NAME.toml` the machine, the versions and the command. A corpus
is of one machine; several lie side by side.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import knowledge
from assistant.corpus.jobs import Job, find_measured
from assistant.corpus.replayed import ReplayedForecast, read_replayed
from probes.candidates import find_candidate
from probes.comparison import Ratio, allowing_for
from probes.report import CandidateResult, Control, Machine, Measurement, ProbeReport
from probes.statistics import step_figures
from probes.tunings import device_kind

DIRECTORY = Path(knowledge.__file__).parent / "measurements"

# "probe" is what a forecast may learn a job from: less of its network if it is large, the job itself last. "truth" is
# the job measured again in processes of their own, some time later: what the forecast is held against.
Part = Literal["probe", "truth"]
PARTS: tuple[Part, ...] = get_args(Part)

# What follows from the rest, is the same in every row, or is not measured for a corpus.
LEFT_OUT = frozenset(
    (
        *("step_ms", "step_ms_low", "step_ms_high", "disturbed_rounds", "resident_mb"),
        *("settings", "tunings", "start_beside", "standing", "to_leader", "to_default", "warm_start"),
    )
)
RESULT_COLUMNS = tuple(name for name in CandidateResult.model_fields if name not in LEFT_OUT)
KEY = ("job", "part", "workload")
COLUMNS = (*KEY, "measured_at", *RESULT_COLUMNS)

# `process_sd` is what the interval allows for between processes: what is known of it changes, what was measured not.
CONTROL_COLUMNS = (*KEY, "candidate", *Ratio.__dataclass_fields__, "process_sd")

# Of any measured figure: its noise is in the second or third.
DIGITS = 6


@dataclass(frozen=True)
class Passage:
    """One job measured in one go; its measurements in the order of measuring."""

    job: str
    part: Part
    measured_at: str
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, eq=False)
class Corpus:
    """The measurements of one machine with one set of versions, by job and part, and how forecasts of its jobs went.
    Each is equal to itself only.
    """

    machine: Machine
    versions: Mapping[str, str]
    passages: Mapping[tuple[str, Part], Passage]
    replayed: tuple[ReplayedForecast, ...] = ()

    @cached_property
    def probed(self) -> Mapping[str, tuple[CandidateResult, ...]]:
        """What probes found, by workload id."""
        probes = (passage for passage in self.passages.values() if passage.part == "probe")
        return {each.workload.id: each.candidates for probe in probes for each in probe.measurements}

    def knows_start(self, job: str, candidate: str) -> bool:
        """Whether its probe tells what a start of the candidate takes in a process that built nothing before."""
        rows = (row for each in self.passages[job, "probe"].measurements for row in each.candidates)
        return any(row.candidate == candidate and row.fresh is not False for row in rows)

    def without(self, jobs: Iterable[Job]) -> Corpus:
        """Without what is known of these jobs: for judging a forecast of one of them."""
        left_out = {job.id for job in jobs}
        kept = {key: passage for key, passage in self.passages.items() if passage.job not in left_out}
        replayed = tuple(each for each in self.replayed if each.job not in left_out)
        return replace(self, passages=kept, replayed=replayed)

    def report(self, job: str, part: Part = "probe", workloads: Sequence[str] | None = None) -> ProbeReport:
        """A job's measurements as a probe's report, of all or of these workloads; the first is the main one."""
        passage = self.passages[job, part]
        chosen = [each for each in passage.measurements if workloads is None or each.workload.id in workloads]
        main, *rungs = chosen
        return ProbeReport(
            machine=self.machine,
            versions=dict(self.versions),
            workload=main.workload,
            candidates=main.candidates,
            control=main.control,
            rungs=tuple(rungs),
            seconds=0.0,
            measured_at=passage.measured_at,
        )


def own_first(found: Iterable[Corpus], fingerprint: str, amount: Callable[[Corpus], int]) -> list[Corpus]:
    """That of the machine with this fingerprint first, then those with the largest amount of what is looked for."""
    return sorted(found, key=lambda corpus: (corpus.machine.fingerprint != fingerprint, -amount(corpus)))


def corpora(directory: Path = DIRECTORY) -> list[Corpus]:
    """Every corpus in the directory."""
    return [read_corpus(path) for path in sorted(directory.glob("*.toml"))]


def read_corpus(about: Path) -> Corpus:
    """The corpus described by the TOML file `about`; raises `UnknownId` for a workload that is no longer known."""
    described = tomllib.loads(about.read_text(encoding="utf-8"))
    passages = read_passages(about.with_suffix(".csv"))
    replayed = read_replayed(replayed_path(about))
    return Corpus(Machine.model_validate(described["machine"]), described["versions"], passages, replayed)


def replayed_path(about: Path) -> Path:
    """Where the replayed forecasts of a corpus are, beside any other of its files."""
    return about.with_name(f"{about.stem}-forecasts.csv")


def read_passages(path: Path) -> dict[tuple[str, Part], Passage]:
    """The passages in a CSV file, with the controls of the file beside it; none where there is no file."""
    controls = {_key(row): row for row in _rows(_controls_path(path))}
    results: dict[tuple[str, Part], dict[str, list[CandidateResult]]] = {}
    moments: dict[tuple[str, Part], str] = {}
    for row in _rows(path):
        job, part, workload = _key(row)
        results.setdefault((job, part), {}).setdefault(workload, []).append(_result(row))
        moments[job, part] = row["measured_at"]
    return {
        key: Passage(*key, moments[key], tuple(_measurements(key, by_workload, controls)))
        for key, by_workload in results.items()
    }


def write_passages(path: Path, passages: Iterable[Passage]) -> None:
    """Replace a CSV file, and that of its controls, with these passages; a reader finds each file old or new."""
    kept = list(passages)
    rows = (_row(passage, each, result) for passage, each in _each(kept) for result in each.candidates)
    _write(path, COLUMNS, rows)
    controls = (_control_row(passage, each, each.control) for passage, each in _each(kept) if each.control)
    _write(_controls_path(path), CONTROL_COLUMNS, controls)


def _each(passages: Iterable[Passage]) -> Iterator[tuple[Passage, Measurement]]:
    for passage in passages:
        for measurement in passage.measurements:
            yield passage, measurement


def _measurements(
    key: tuple[str, Part],
    by_workload: Mapping[str, Sequence[CandidateResult]],
    controls: Mapping[tuple[str, Part, str], Mapping[str, str]],
) -> Iterator[Measurement]:
    for workload, results in by_workload.items():
        row = controls.get((*key, workload))
        control = _control(row, results) if row is not None else None
        yield Measurement(workload=find_measured(workload), candidates=tuple(results), control=control)


def _key(row: Mapping[str, str]) -> tuple[str, Part, str]:
    (part,) = (part for part in PARTS if part == row["part"])
    return row["job"], part, row["workload"]


def _row(passage: Passage, measurement: Measurement, result: CandidateResult) -> dict[str, str]:
    figures = {name: _written(getattr(result, name)) for name in RESULT_COLUMNS}
    return _key_columns(passage, measurement) | {"measured_at": passage.measured_at} | figures


def _result(row: Mapping[str, str]) -> CandidateResult:
    figures: dict[str, object] = {name: row[name] for name in RESULT_COLUMNS if row[name]}
    samples = tuple(map(float, row["samples"].split()))
    # Where it is not recorded whose rounds were the same, they are taken to be those at the same place.
    rounds = tuple(map(int, row["sample_rounds"].split())) or tuple(range(len(samples)))
    timed = dict(zip(("step_ms", "step_ms_low", "step_ms_high"), step_figures(samples), strict=True))
    figures |= timed | {"samples": samples, "sample_rounds": rounds}
    return CandidateResult.model_validate(figures, strict=False)


def _control_row(passage: Passage, measurement: Measurement, control: Control) -> dict[str, str]:
    ratio = {name: _written(getattr(control.ratio, name)) for name in Ratio.__dataclass_fields__}
    told = {
        "candidate": control.candidate,
        "process_sd": _written(_process_sd(control.candidate, measurement.candidates)),
    }
    return _key_columns(passage, measurement) | ratio | told


def _control(row: Mapping[str, str], results: Sequence[CandidateResult]) -> Control:
    """Judged by what is known now of what processes differ by."""
    then = Ratio(float(row["ratio"]), float(row["low"]), float(row["high"]), int(row["pairs"]))
    ratio = allowing_for(then, _process_sd(row["candidate"], results), instead_of=float(row["process_sd"]))
    return Control(candidate=row["candidate"], ratio=ratio, different=ratio.tells_apart)


def _process_sd(candidate: str, results: Sequence[CandidateResult]) -> float:
    device = next((each.device for each in results if each.candidate == candidate and each.device), "cpu")
    return find_candidate(candidate).process_sd_on(device_kind(device))


def _key_columns(passage: Passage, measurement: Measurement) -> dict[str, str]:
    return dict(zip(KEY, (passage.job, passage.part, measurement.workload.id), strict=True))


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    if isinstance(value, tuple):
        return " ".join(map(_written, value))
    return str(value)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(text.getvalue(), encoding="utf-8")
    unfinished.replace(path)


def _controls_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}-controls.csv")
