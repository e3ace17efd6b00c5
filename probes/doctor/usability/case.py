"""What the rules are asked about: one framework before the accelerators of one kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from packaging.version import Version
from pydantic import Field

from probes.candidates import Candidate, Package
from probes.doctor.surroundings import Surroundings
from probes.records import Record
from probes.report import AcceleratorKind, DeviceTrial
from probes.words import _

_NAMES: dict[Package, str] = {"torch": "PyTorch", "tensorflow": "TensorFlow", "jax": "JAX"}

# What each kind of accelerator is called as a platform by the frameworks.
PLATFORMS: Mapping[AcceleratorKind, frozenset[str]] = {
    "nvidia": frozenset(("cuda",)),
    "amd": frozenset(("rocm",)),
    "intel": frozenset(("xpu",)),
    "apple": frozenset(("mps", "metal")),
    "tpu": frozenset(("tpu",)),
}

# A page that picks the command for a system and a GPU; PyTorch's builds other than the default are not on PyPI.
PYTORCH_BUILDS = "pytorch.org/get-started/locally"

SHOWN_CHARACTERS = 300


class FrameworkFacts(Record):
    """What a framework said of itself, see `probes.doctor.device_trials`, and its worker wrote.

    `built_for` maps platforms (cuda, rocm, xpu, mps, metal, tpu) to toolkit versions, "" where there is none;
    `packages` are companions such as plug-ins. `refusal` is what asking for the GPU raised, `failure` why nothing
    could be asked at all, `log` the last lines of the worker.
    """

    package: Package
    version: str
    architecture: str = ""
    built_for: dict[str, str] = Field(default_factory=dict)
    packages: dict[str, str] = Field(default_factory=dict)
    refusal: str = ""
    trials: tuple[DeviceTrial, ...] = ()
    failure: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Remedy:
    """Why a framework does not compute on what is there, and what to do about it."""

    problem: str
    fix: str
    status: Literal["unusable", "unsupported"] = "unusable"


@dataclass(frozen=True)
class Case:
    """A candidate's framework, run by `interpreter`, and the names of the accelerators of one kind."""

    candidate: Candidate
    kind: AcceleratorKind
    names: tuple[str, ...]
    facts: FrameworkFacts
    around: Surroundings
    interpreter: str

    @property
    def accelerator(self) -> str:
        """`2 x NVIDIA H200`; different ones with commas."""
        counted = {name: self.names.count(name) for name in self.names}
        return ", ".join(name if count == 1 else f"{count} x {name}" for name, count in counted.items())

    @property
    def framework(self) -> str:
        """`PyTorch 2.13.0+cpu`."""
        return f"{_NAMES[self.facts.package]} {self.facts.version}".strip()

    @property
    def version(self) -> str:
        """The release number that an index has, without the name of the build."""
        return Version(self.facts.version).public

    @property
    def trials(self) -> tuple[DeviceTrial, ...]:
        """Those on devices of this kind."""
        return tuple(trial for trial in self.facts.trials if trial.platform in PLATFORMS[self.kind])

    @property
    def working_devices(self) -> tuple[str, ...]:
        """Those of this kind that gave the right product."""
        return tuple(trial.device for trial in self.trials if trial.error is None)

    @property
    def built(self) -> bool:
        """Whether the framework's build knows this kind at all."""
        return bool(PLATFORMS[self.kind] & self.facts.built_for.keys())

    @property
    def environment_command(self) -> str:
        """The command that makes an environment with the right build."""
        own = self.candidate.distributions[0] == self.facts.package
        return f"probewise env create {self.candidate.framework if own else self.candidate.id} --gpu"

    def said(self, *phrases: str) -> bool:
        """Whether one of these stands in what the framework raised or wrote, however its lines were cut."""
        errors = (trial.error or "" for trial in self.facts.trials)
        text = _dense("".join((self.facts.refusal, self.facts.failure, *errors, *self.facts.log)))
        return any(_dense(phrase) in text for phrase in phrases)

    def pip(self, arguments: str) -> str:
        """The command that installs something for the framework's interpreter."""
        return f"{self.interpreter} -m pip install {arguments}"


Rule = Callable[[Case], Remedy | None]


def unexplained(case: Case) -> Remedy:
    """What can be said when no rule knows the reason: what the framework itself said."""
    failing = [f"{trial.device}: {trial.error}" for trial in case.trials if trial.error]
    if failing:
        problem = _("{framework} sees {accelerator} but cannot compute on it: {error}.").format(
            framework=case.framework, accelerator=case.accelerator, error=_short("; ".join(failing))
        )
    else:
        last = case.facts.refusal or next((line for line in reversed(case.facts.log) if line.strip()), "")
        problem = _("{framework} does not see {accelerator}.").format(
            framework=case.framework, accelerator=case.accelerator
        )
        if last:
            problem += " " + _("It said: {text}").format(text=_short(last))
    fix = _("Try it in an environment of its own: {command}").format(command=case.environment_command)
    return Remedy(problem, fix)


def not_allowed(case: Case) -> Remedy | None:
    """The device files are there, but this user may not open them; from AMD's and Intel's installation pages."""
    closed = [name for name in case.around.closed_files if not name.startswith("/dev/nvidia")]
    if not closed:
        return None
    return Remedy(
        _("This user may not open {files}, which {accelerator} is reached through.").format(
            files=", ".join(closed), accelerator=case.accelerator
        ),
        _("Join the groups that may, then log in again: sudo usermod -a -G render,video $USER"),
    )


def hidden(case: Case) -> Remedy | None:
    """A variable hides every GPU of this kind."""
    names = ("CUDA_VISIBLE_DEVICES",) if case.kind == "nvidia" else ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")
    found = next((name for name in names if name in case.around.hiding), None)
    if found is None:
        return None
    return Remedy(
        _("{variable} is set to {value!r}, which hides {accelerator} from every framework.").format(
            variable=found, value=case.around.hiding[found], accelerator=case.accelerator
        ),
        _("Unset it and start again: unset {variable}").format(variable=found),
    )


def _dense(text: str) -> str:
    return re.sub(r"\s+", "", text).lower()


def _short(text: str) -> str:
    return " ".join(text.split())[:SHOWN_CHARACTERS].rstrip(".")
