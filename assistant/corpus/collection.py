"""Collecting a corpus: every job measured twice, with the probes that everybody uses, in a sweep that resumes."""

from __future__ import annotations

import json
import platform
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.corpus.jobs import JOBS, Job
from assistant.corpus.records import Part, Passage, read_passages, write_passages
from assistant.errors import InvalidInput
from assistant.language import _
from probes.campaign.pacing import Effort
from probes.environments import installed_versions
from probes.hardware import machine
from probes.report import Machine, ProbeReport
from probes.schedule import ProbeSession

# Seconds that one passage may take: enough that a network whose steps take seconds gets its rounds in every candidate
# on a slow machine, too.
BUDGET_S: Mapping[Part, float] = {"probe": 600.0, "truth": 400.0}

# Enough for medians; who is faster need not be settled for each job. First steps as they are alone.
EFFORT = Effort(most_rounds=6, refined=False, hurried=False)

# The truth of a job is measured when the probes of so many are done: minutes later, as a person's training would be.
JOBS_AT_ONCE = 4

# A passage that others disturbed is measured again so often, and then kept as it is, with its marks.
ATTEMPTS = 2

_ABOUT = """# What {name}.csv was measured on. Its columns are those of a probe's report; the controls are beside it.
command = "probewise evaluate --collect"

{machine}

{versions}
"""


@dataclass(frozen=True)
class Stage:
    """A passage to be measured; `number` of all those of a sweep, from 0."""

    job: Job
    part: Part
    number: int


def collect(directory: Path, say: Callable[[str, float], None], jobs: Sequence[Job] = JOBS) -> Path:
    """Measure what the corpus of this machine in `directory` lacks, and return its CSV file.

    `say` is told which workload is next and the share of the sweep that is done. Each passage is written when it is
    done, so a sweep that is ended, by whatever, goes on from there.
    """
    here = machine()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{here.fingerprint}.csv"
    passages = read_passages(path)
    _require_same_versions(path.with_suffix(".toml"))
    stages = _stages(jobs)
    lacking = [stage for stage in stages if (stage.job.id, stage.part) not in passages]
    for stage in lacking:
        say(stage.job.id, stage.number / len(stages))
        report = _measured(stage)
        passages[stage.job.id, stage.part] = _passage(stage, report)
        write_passages(path, passages.values())
        path.with_suffix(".toml").write_text(_about(path.stem, here, report), encoding="utf-8")
    return path


def _require_same_versions(about: Path) -> None:
    """Raise `InvalidInput` when what is there was measured with other versions than those installed now."""
    if not about.exists():
        return
    then, now = tomllib.loads(about.read_text(encoding="utf-8"))["versions"], installed_versions()
    names = sorted(then.keys() | now.keys())
    changed = {name: now.get(name, _("none")) for name in names if then.get(name) != now.get(name)}
    if changed:
        raise InvalidInput(
            _(
                "{path} was measured with other versions than {versions}; install those it names, or move it away."
            ).format(path=about, versions=", ".join(f"{name} {version}" for name, version in changed.items()))
        )


def _stages(jobs: Sequence[Job]) -> list[Stage]:
    """In the order of measuring: the probes of a few jobs, then their truths."""
    order: list[tuple[Job, Part]] = []
    for start in range(0, len(jobs), JOBS_AT_ONCE):
        together = jobs[start : start + JOBS_AT_ONCE]
        order += [(job, "probe") for job in together]
        order += [(job, "truth") for job in together if job.forecast]
    return [Stage(job, part, number) for number, (job, part) in enumerate(order)]


def _measured(stage: Stage) -> ProbeReport:
    """In processes of its own: memory that an earlier network took would count as this one's."""
    workloads = stage.job.ladder if stage.part == "probe" else (stage.job.workload,)
    for _attempt in range(ATTEMPTS):
        with ProbeSession(budget_s=BUDGET_S[stage.part], seed=stage.number, effort=EFFORT) as session:
            session.focus(workloads)
            session.start()
            session.wait()
            finished = session.report()
        assert finished is not None, "a finished focus has a row for every candidate"
        report = finished
        if not report.contended:
            break
    return report


def _passage(stage: Stage, report: ProbeReport) -> Passage:
    return Passage(stage.job.id, stage.part, report.measured_at, report.measurements)


def _about(name: str, here: Machine, report: ProbeReport) -> str:
    system = f"{platform.system()} {platform.machine()}"
    facts = here.model_dump(exclude={"accelerators"}, exclude_none=True) | {"platform": system}
    accelerators = (each.model_dump(exclude_none=True) for each in here.accelerators)
    tables = (_toml("[machine]", facts), *(_toml("[[machine.accelerators]]", each) for each in accelerators))
    return _ABOUT.format(name=name, machine="\n\n".join(tables), versions=_toml("[versions]", report.versions))


def _toml(heading: str, values: Mapping[str, object]) -> str:
    # A JSON string or number is one of TOML too.
    return "\n".join((heading, *(f"{key} = {json.dumps(value)}" for key, value in values.items())))
