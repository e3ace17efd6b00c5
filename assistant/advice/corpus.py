"""The measured corpus: probe reports kept as one CSV row for each candidate and workload, beside what made them.

`python -m assistant.advice.corpus REPORT... > FILE.csv` makes one of the JSON of `probewise probe --json`.
"""

from __future__ import annotations

import csv
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pydantic import ValidationError

import knowledge
from assistant.errors import InvalidInput
from assistant.language import _
from probes.report import CandidateResult, Machine, Measurement, ProbeReport
from probes.workloads import find_workload

LADDER = Path(knowledge.__file__).parent / "measurements" / "ladder.csv"

# What a table cannot hold, or what the forecast does not learn from.
LEFT_OUT = frozenset(("samples", "settings", "tunings", "standing", "to_leader", "to_default", "warm_start"))
COLUMNS = ("workload", *(name for name in CandidateResult.model_fields if name not in LEFT_OUT))


@dataclass(frozen=True)
class Corpus:
    """Measurements of one machine, by workload id, and the machine, versions and day they are from."""

    machine: Machine
    versions: Mapping[str, str]
    measured_at: str
    measurements: Mapping[str, Measurement]

    def report(self, workload_ids: Sequence[str]) -> ProbeReport:
        """The measurements of these workloads as the probe's report that they came from, the first one the main."""
        main, *rungs = (self.measurements[workload_id] for workload_id in workload_ids)
        return ProbeReport(
            machine=self.machine,
            versions=dict(self.versions),
            workload=main.workload,
            candidates=main.candidates,
            rungs=tuple(rungs),
            seconds=0.0,
            measured_at=self.measured_at,
        )


def read_corpus(path: Path = LADDER) -> Corpus:
    """The corpus at `path` (CSV), with its machine and versions from the TOML file beside it."""
    about = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    rows: dict[str, list[CandidateResult]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            row = {name: value for name, value in line.items() if value and name != "workload"}
            rows.setdefault(line["workload"], []).append(CandidateResult.model_validate_strings(row))
    measurements = {
        workload_id: Measurement(workload=find_workload(workload_id), candidates=tuple(results))
        for workload_id, results in rows.items()
    }
    machine = Machine.model_validate(about["machine"])
    return Corpus(machine, about["versions"], about["measured_at"], measurements)


def write_corpus(reports: Iterable[ProbeReport], file: TextIO) -> None:
    """One CSV row for each candidate and workload; of several, the one that says most is kept."""
    kept: dict[tuple[str, str], CandidateResult] = {}
    for workload_id, result in _results(reports):
        key = (workload_id, result.candidate)
        if key not in kept or _worth(result) > _worth(kept[key]):
            kept[key] = result
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for (workload_id, _candidate), result in sorted(kept.items(), key=lambda item: item[0]):
        writer.writerow({"workload": workload_id, **result.model_dump(exclude=set(LEFT_OUT))})


def _results(reports: Iterable[ProbeReport]) -> Iterator[tuple[str, CandidateResult]]:
    for report in reports:
        for measurement in report.measurements:
            for result in measurement.candidates:
                yield measurement.workload.id, result


def _worth(result: CandidateResult) -> tuple[bool, int]:
    return result.status == "ok", result.rounds


def _read_report(path: Path) -> ProbeReport:
    try:
        return ProbeReport.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InvalidInput(
            _("{path} is no probe report; expected what `probewise probe --json` prints.").format(path=path)
        ) from error


def main(paths: Sequence[str]) -> int:
    """Print the corpus that these probe reports make; 2 for a file that is none."""
    try:
        write_corpus([_read_report(Path(path)) for path in paths], sys.stdout)
    except InvalidInput as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
