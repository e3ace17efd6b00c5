"""What forecasts of replayed probes said of a corpus's own jobs, and what came: from which doubt is learned.

`NAME-forecasts.csv` beside a corpus. `probewise evaluate --publish` makes it, each forecast without what was measured
of the job's own family.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from assistant.evidence import STRONGEST_FIRST, Evidence

Figure = Literal["step_ms", "first_result_s", "memory_mb"]
FIGURES: tuple[Figure, ...] = get_args(Figure)

DIGITS = 4


@dataclass(frozen=True)
class ReplayedForecast:
    """One figure of one candidate's forecast of a job: `log_error` is the logarithm of what came over what was
    foretold, `log_sd` the doubt that it was foretold with, before anything was learned from such errors.
    """

    job: str
    candidate: str
    figure: Figure
    evidence: Evidence
    log_sd: float
    log_error: float


COLUMNS = tuple(ReplayedForecast.__dataclass_fields__)


def read_replayed(path: Path) -> tuple[ReplayedForecast, ...]:
    """The forecasts in a CSV file; none where there is no file."""
    if not path.exists():
        return ()
    with path.open(newline="", encoding="utf-8") as file:
        return tuple(_forecast(row) for row in csv.DictReader(file))


def write_replayed(path: Path, forecasts: Iterable[ReplayedForecast]) -> None:
    """Replace a CSV file with these forecasts."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_written(getattr(each, name)) for name in COLUMNS] for each in forecasts)


def _forecast(row: dict[str, str]) -> ReplayedForecast:
    (figure,) = (figure for figure in FIGURES if figure == row["figure"])
    (evidence,) = (evidence for evidence in STRONGEST_FIRST if evidence == row["evidence"])
    return ReplayedForecast(
        job=row["job"],
        candidate=row["candidate"],
        figure=figure,
        evidence=evidence,
        log_sd=float(row["log_sd"]),
        log_error=float(row["log_error"]),
    )


def _written(value: object) -> object:
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else value
