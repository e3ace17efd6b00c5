"""The figures of a measurement as a table: for the page, its charts and the CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import pandas as pd

from assistant import measured_words, quantities, training_words, wording
from assistant.language import _
from probes.campaign.parity import REFERENCE_CANDIDATE
from probes.report import CandidateResult, Measurement, ProbeReport, WarmStart
from probes.settings import Settings

# Names in two lines leave room for figures beside them, on a phone as well. Lower rows are not wrapped.
NAME_PX, ROW_PX = 172, 66

# What the CSV holds of each row, in this order: the report's own names, so that it can be read beside the JSON.
COLUMNS = (
    "candidate",
    "status",
    "error",
    "step_ms",
    "step_ms_low",
    "step_ms_high",
    "rounds",
    "first_step_s",
    "build_s",
    "import_s",
    "memory_mb",
    "resident_mb",
    "device",
    "precision",
    "parity",
    "steady",
    "contended",
    "disturbed_rounds",
    "fresh",
    "start_beside",
)

# With `warm_` before them.
WARM = tuple(WarmStart.model_fields)

SETTINGS = tuple(field.name for field in fields(Settings))


def table(measurement: Measurement) -> pd.DataFrame:
    """One row per candidate, the fastest first, those without a step time last.

    `name`, `marks` and the columns ending in `_words` are for people.
    """
    rows = measured_words.fastest_first(measurement.candidates)
    frame = pd.DataFrame([_plain(row) for row in rows])
    frame.insert(0, "name", [measured_words.candidate(row.candidate) for row in rows])
    frame["marks"] = [_marks(row) for row in rows]
    frame["step_words"] = [_seconds(row.step_ms, 1e3) for row in rows]
    frame["first_step_words"] = [_seconds(row.first_step_s, 1.0) for row in rows]
    frame["memory_words"] = ["" if row.memory_mb is None else quantities.memory(row.memory_mb) for row in rows]
    frame["parity_words"] = [_parity(row) for row in rows]
    return frame


def tuned_table(rows: Sequence[CandidateResult]) -> pd.DataFrame:
    """One row for each tuned candidate, the fastest first; `against` compares it with its defaults, in words."""
    ordered = measured_words.fastest_first(rows)
    return pd.DataFrame(
        {
            "name": [measured_words.candidate(row.candidate) for row in ordered],
            "step_ms": [row.step_ms for row in ordered],
            "against": [measured_words.against_default(row) for row in ordered],
            "precision": [row.precision for row in ordered],
            "tunings": [list(row.tunings) for row in ordered],
            "marks": [_marks(row) for row in ordered],
        }
    )


def csv(report: ProbeReport) -> str:
    """Every row of every workload as CSV, with the machine and the versions in each: a row can stand alone.

    `variant` is `default`, or `tuned` for a row with the `tunings` beside it.
    """
    origin = {
        "machine": wording.machine_line(report.machine),
        "versions": "; ".join(f"{name} {version}" for name, version in report.versions.items()),
        "measured_at": report.measured_at,
    }
    rows = [
        {"workload": measurement.workload.id, "batch": measurement.workload.batch, "variant": variant}
        | {"tunings": "; ".join(row.tunings)}
        | _plain(row)
        | {name: getattr(row.settings, name, None) for name in SETTINGS}
        | origin
        for measurement in report.measurements
        for variant, measured in (("default", measurement.candidates), ("tuned", measurement.tuned))
        for row in measured_words.fastest_first(measured)
    ]
    # As objects: a column of whole numbers stays one where some are missing.
    return pd.DataFrame(rows, dtype=object).to_csv(index=False)


def _plain(row: CandidateResult) -> dict[str, object]:
    plain: dict[str, object] = {column: getattr(row, column) for column in COLUMNS}
    return plain | {f"warm_{column}": getattr(row.warm_start, column, None) for column in WARM}


def _marks(row: CandidateResult) -> str | None:
    return wording.clauses(training_words.marks(row)) or None


def _parity(row: CandidateResult) -> str | None:
    """The difference of its first loss to the expected one; of whose loss that is, that it is."""
    if row.parity is None:
        return None
    if row.parity == 0:
        return _("reference") if row.candidate == REFERENCE_CANDIDATE else "0"
    return f"{row.parity:.1e}"


def _seconds(value: float | None, per_second: float) -> str:
    return "" if value is None else quantities.duration(value / per_second)
