"""A corpus as files: one CSV row for each candidate on each workload, beside it the machine and how it was measured.

`NAME.csv` holds the rows, `NAME-controls.csv` what was found between two processes of one candidate,
`NAME-forecasts.csv` how forecasts of its jobs went, `NAME.toml` the machine, the versions and the command. A corpus
is of one machine; several lie side by side.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import knowledge
from assistant.corpus.jobs import JOBS, find_measured
from assistant.corpus.replayed import ReplayedForecast, read_replayed
from probes.comparison import Ratio
from probes.report import CandidateResult, Control, Machine, Measurement, ProbeReport
from probes.statistics import step_figures

DIRECTORY = Path(knowledge.__file__).parent / "measurements"

# "probe" is what a forecast may learn a job from: less of its network if it is large, the job itself last. "truth" is
# the job measured again in processes of their own, some time later: what the forecast is held against.
Part = Literal["probe", "truth"]
PARTS: tuple[Part, ...] = get_args(Part)

# What follows from the rest, is the same in every row, or is not measured for a corpus.
LEFT_OUT = frozenset(
    (
        *("step_ms", "step_ms_low", "step_ms_high", "sample_rounds", "disturbed_rounds", "resident_mb"),
        *("settings", "tunings", "start_beside", "fresh", "standing", "to_leader", "to_default", "warm_start"),
    )
)
RESULT_COLUMNS = tuple(name for name in CandidateResult.model_fields if name not in LEFT_OUT)
KEY = ("job", "part", "workload")
COLUMNS = (*KEY, "measured_at", *RESULT_COLUMNS)
CONTROL_COLUMNS = (*KEY, "candidate", *Ratio.__dataclass_fields__, "different")

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

    def without(self, family: str) -> Corpus:
        """Without all jobs of this family: for judging a forecast of one of them."""
        left_out = {job.id for job in JOBS if job.family == family}
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
    controls = {_key(row): _control(row) for row in _rows(_controls_path(path))}
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
    controls: Mapping[tuple[str, Part, str], Control],
) -> Iterator[Measurement]:
    for workload, results in by_workload.items():
        control = controls.get((*key, workload))
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
    timed = dict(zip(("step_ms", "step_ms_low", "step_ms_high"), step_figures(samples), strict=True))
    return CandidateResult.model_validate(figures | timed | {"samples": samples}, strict=False)


def _control_row(passage: Passage, measurement: Measurement, control: Control) -> dict[str, str]:
    ratio = {name: _written(getattr(control.ratio, name)) for name in Ratio.__dataclass_fields__}
    told = {"candidate": control.candidate, "different": _written(control.different)}
    return _key_columns(passage, measurement) | ratio | told


def _control(row: Mapping[str, str]) -> Control:
    ratio = Ratio(float(row["ratio"]), float(row["low"]), float(row["high"]), int(row["pairs"]))
    return Control(candidate=row["candidate"], ratio=ratio, different=row["different"] == "true")


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
