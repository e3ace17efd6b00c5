"""The figures of a measurement as a table: for the page, its charts and the CSV file."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from assistant import measured_words, wording
from probes.report import CandidateResult, Measurement, ProbeReport

# What the CSV holds, in this order: the report's own names, so that it can be read beside the JSON.
COLUMNS = (
    "candidate",
    "status",
    "step_ms",
    "step_ms_low",
    "step_ms_high",
    "rounds",
    "first_step_s",
    "build_s",
    "import_s",
    "memory_mb",
    "device",
    "precision",
    "parity",
    "error",
)


def table(measurement: Measurement) -> pd.DataFrame:
    """One row per candidate, the fastest first, those without a step time last.

    `name` and the columns ending in `_words` are for people.
    """
    rows = [{column: getattr(row, column) for column in COLUMNS} for row in measurement.candidates]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.insert(0, "name", [wording.candidate_name(row.candidate) for row in measurement.candidates])
    frame["step_words"] = [_seconds(row.step_ms, 1e3) for row in measurement.candidates]
    frame["first_step_words"] = [_seconds(row.first_step_s, 1.0) for row in measurement.candidates]
    frame["memory_words"] = [
        "" if row.memory_mb is None else wording.memory(row.memory_mb) for row in measurement.candidates
    ]
    return frame.sort_values("step_ms", na_position="last", kind="stable").reset_index(drop=True)


def tuned_table(rows: Sequence[CandidateResult]) -> pd.DataFrame:
    """One row for each tuned candidate, the fastest first; `against` compares it with its defaults, in words."""
    ordered = sorted(rows, key=lambda row: row.step_ms or math.inf)
    return pd.DataFrame(
        {
            "name": [wording.candidate_name(row.candidate) for row in ordered],
            "step_ms": [row.step_ms for row in ordered],
            "against": ["" if row.to_default is None else measured_words.ratio(row.to_default) for row in ordered],
            "precision": [row.precision for row in ordered],
            "tunings": [list(row.tunings) for row in ordered],
        }
    )


def _seconds(value: float | None, per_second: float) -> str:
    return "" if value is None else wording.duration(value / per_second)


def csv(report: ProbeReport) -> str:
    """Every workload's rows as CSV, with the machine and the versions in every row: a row can stand alone."""
    frames = []
    for measurement in report.measurements:
        frame = table(measurement)[list(COLUMNS)]
        frame.insert(0, "workload", measurement.workload.id)
        frame.insert(1, "batch", measurement.workload.batch)
        frames.append(frame)
    whole = pd.concat(frames, ignore_index=True)
    whole["machine"] = wording.machine_line(report.machine)
    whole["versions"] = "; ".join(f"{name} {version}" for name, version in report.versions.items())
    whole["measured_at"] = report.measured_at
    return whole.to_csv(index=False)
