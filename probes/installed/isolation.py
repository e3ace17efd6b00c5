"""An isolated environment for one framework: what to install for this machine, and making it, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from packaging.requirements import Requirement
from packaging.version import Version

from probes.candidates import CANDIDATES, FRAMEWORKS, Candidate
from probes.directories import cache_directory, data_directory
from probes.doctor.examination import Proof, prove
from probes.doctor.surroundings import Surroundings
from probes.doctor.usability.case import PYTORCH_BUILDS
from probes.doctor.usability.nvidia import cuda_family
from probes.environments import ALWAYS_NEEDED
from probes.errors import CreationFailed, InvalidEnvironment
from probes.installed.installer import Say, install, make_environment
from probes.installed.inventory import Inventory
from probes.installed.registry import Registered, checked_name, register
from probes.report import AcceleratorKind
from probes.scratch import scratch_folder
from probes.words import _, sentences

APPLICATION = "probewise"

# GB of disk that making one takes at most, unpacking included: installed sizes of builds for the processor as
# measured (jax 0.10, tensorflow 2.21, torch 2.13); with CUDA three times what is downloaded, which is a guess.
NEEDS_GB = {"torch": 3.0, "tensorflow": 4.0, "jax": 1.5}
NEEDS_WITH_CUDA_GB = 10.0
NEEDS_OTHERWISE_GB = 1.0

# The CUDA family of the usual builds, by what they require: torch 2.13 cuda-toolkit 13.0, tensorflow 2.21 the cu12
# packages. JAX has a build for each family.
CUDA_FAMILY = {"torch": 13, "tensorflow": 12}


@dataclass(frozen=True)
class Plan:
    """What will be installed: `requirements` are asked for, `constraints` hold the versions of what comes with them.

    `accelerator` is the kind that the build is for, None for the processor.
    """

    candidate: Candidate
    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    accelerator: AcceleratorKind | None
    index: str | None = None
    needs_gb: float = NEEDS_OTHERWISE_GB


@dataclass(frozen=True)
class Created:
    """An environment that was made and registered, and the training step that its framework took."""

    entry: Registered
    proof: Proof


def find_framework(name: str) -> Candidate:
    """The candidate of this id, or the first of this framework; raises `InvalidEnvironment`."""
    found = next((candidate for candidate in CANDIDATES if name in (candidate.id, candidate.framework)), None)
    if found is None:
        known = ", ".join(FRAMEWORKS)
        raise InvalidEnvironment(
            _("Unknown framework {name!r}; expected one of {known}, or a candidate such as keras-jax.").format(
                name=name, known=known
            )
        )
    return found


def plan(
    candidate: Candidate,
    around: Surroundings,
    built_in: Inventory,
    *,
    gpu: bool | None = None,
    index: str | None = None,
) -> Plan:
    """What to install so that the candidate runs on this machine, in the versions that the built-in interpreter has.

    `gpu` asks for the build for the GPU or for the processor; None takes the former where there is a GPU and a build.
    An `index` of packages that is given is taken to have the build that is wanted. Raises `InvalidEnvironment` when a
    GPU is asked for that is not there or that nothing can be installed for.
    """
    package = candidate.package
    build = None if gpu is False else _gpu_build(package, around)
    if gpu and build is None and index is None:
        raise InvalidEnvironment(_no_gpu_build(candidate, around))
    asked = tuple(
        _pinned(name, build.extra if build and name == package else "", built_in)
        for name in (*candidate.distributions, *ALWAYS_NEEDED)
    )
    return Plan(
        candidate=candidate,
        requirements=asked,
        # Another index may have other builds, which need other versions.
        constraints=() if index else tuple(_constraints(candidate, built_in)),
        accelerator=build.kind if build else None,
        index=index,
        needs_gb=_needs_gb(package, build, around, built_in),
    )


def create(name: str, wanted: Plan, say: Say) -> Created:
    """Make the environment, let its framework take a training step, and register it under the name.

    Raises `InvalidEnvironment` for a name that cannot be used and `CreationFailed` for all that can go wrong later;
    then, and when it is interrupted, nothing is left of it.
    """
    folder = environments_directory() / checked_name(name)
    with _alone(folder):
        # What is there already is not registered: it is left of an earlier one that was killed.
        shutil.rmtree(folder, ignore_errors=True)
        try:
            return _make(name, folder, wanted, say)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def delete_if_ours(entry: Registered) -> Path | None:
    """Delete the folder of an environment that was made here, and return it; None when it was not."""
    folder = environments_directory() / entry.name
    if folder not in Path(entry.interpreter).parents:
        return None
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def environments_directory() -> Path:
    """Where environments are made, each in a folder of its name."""
    return data_directory() / "environments"


@dataclass(frozen=True)
class _Build:
    """The build of a package for a kind of accelerator: the extra that brings it, "" where the default one is it."""

    kind: AcceleratorKind
    extra: str = ""


def _gpu_build(package: str | None, around: Surroundings) -> _Build | None:
    """The build that the usual package index has for a GPU of this machine; None without a GPU, or a build for it
    that its driver can run.
    """
    linux, kinds = around.operating_system == "linux", {each.kind for each in around.accelerators}
    if package in CUDA_FAMILY:
        if linux and "nvidia" in kinds:
            extra = "and-cuda" if package == "tensorflow" else ""
            return _Build("nvidia", extra) if _cuda_family(around) >= CUDA_FAMILY[package] else None
        return _Build("apple") if package == "torch" and "apple" in kinds else None
    return _jax_build(around) if package == "jax" and linux else None


def _cuda_family(around: Surroundings) -> int:
    """The newest CUDA family that the first NVIDIA GPU and its driver can run; 0 for none."""
    gpu = next(each for each in around.accelerators if each.kind == "nvidia")
    return cuda_family(gpu.driver, [gpu.compute_capability] if gpu.compute_capability else []) or 0


def _jax_build(around: Surroundings) -> _Build | None:
    kind = next((each.kind for each in around.accelerators if each.kind in {"nvidia", "amd", "tpu"}), None)
    if kind == "nvidia":
        family = _cuda_family(around)
        return _Build("nvidia", f"cuda{family}") if family else None
    extras: Mapping[str | None, str] = {"amd": "rocm7-local", "tpu": "tpu"}
    return _Build(kind, extras[kind]) if kind else None


def _needs_gb(package: str | None, build: _Build | None, around: Surroundings, built_in: Inventory) -> float:
    with_cuda = build is not None and build.kind == "nvidia"
    if package == "torch" and around.operating_system == "linux":
        # The usual build brings CUDA whether there is a GPU or not, unless what is built in came from elsewhere.
        came = built_in.closure(["torch"])
        with_cuda |= not came or any(name.startswith("nvidia-") for name in came)
    return NEEDS_WITH_CUDA_GB if with_cuda else NEEDS_GB.get(package or "", NEEDS_OTHERWISE_GB)


def _no_gpu_build(candidate: Candidate, around: Surroundings) -> str:
    names = ", ".join(each.name for each in around.accelerators)
    if not names:
        return _("--gpu was given, but no GPU was found in this machine. See probewise doctor, or leave it out.")
    message = _("The usual index of packages has no build of {framework} for {names} with its driver.").format(
        framework=candidate.framework, names=names
    )
    if "torch" not in candidate.distributions:
        return sentences(message, _("See probewise doctor, or leave --gpu out."))
    advice = _("Find one at {page} and give the address of its index with --index, or leave --gpu out.")
    return sentences(message, advice.format(page=PYTORCH_BUILDS))


def _pinned(name: str, extra: str, built_in: Inventory) -> str:
    """The package in the version that is built in; else in the range that Probewise itself declares."""
    with_extra = f"{name}[{extra}]" if extra else name
    version = built_in.versions([name]).get(name)
    if version is not None:
        # A local label such as +cpu names a build that another index does not have.
        return f"{with_extra}=={Version(version).public}"
    ours = built_in.packages.get(APPLICATION)
    declared = (Requirement(text) for text in (ours.requires if ours else ()))
    specifier = next((each.specifier for each in declared if each.name == name and each.marker is None), "")
    return f"{with_extra}{specifier}"


def _constraints(candidate: Candidate, built_in: Inventory) -> Iterator[str]:
    """The built-in versions of all that the candidate's packages need, for whatever of it will be installed."""
    for name in sorted(built_in.closure(candidate.distributions) - set(candidate.distributions)):
        yield f"{name}=={Version(built_in.packages[name].version).public}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time on a computer: two would fight for the disk and the network, and perhaps for a name."""
    lock = cache_directory() / "making-an-environment.lock"
    try:
        for directory in (folder.parent, lock.parent):
            directory.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, blocking=False):
            yield
    except Timeout as error:
        raise InvalidEnvironment(_("Another environment is being made; wait for it, then try again.")) from error
    except OSError as error:
        raise CreationFailed(
            _("Nothing can be made in {folder}: {reason}. Free some space, or make it writable.").format(
                folder=folder.parent, reason=error.strerror or error
            )
        ) from error


def _make(name: str, folder: Path, wanted: Plan, say: Say) -> Created:
    _require_disk(folder.parent, wanted.needs_gb)
    interpreter = make_environment(folder, say)
    with scratch_folder() as scratch:
        constraints = Path(scratch) / "constraints.txt"
        constraints.write_text("\n".join(wanted.constraints), encoding="utf-8")
        install(interpreter, wanted.requirements, constraints, wanted.index, say)
    say(_("Trying {candidate}").format(candidate=wanted.candidate.id))
    proof = prove(wanted.candidate, interpreter)
    if proof.device is None:
        raise CreationFailed(str(proof.failure))
    entry = Registered(name=name, interpreter=interpreter, preferred_for=(wanted.candidate.framework,))
    register(entry)
    return Created(entry, proof)


def _require_disk(folder: Path, needs_gb: float) -> None:
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < needs_gb:
        message = _("{free:.1f} GB are free in {folder}, but this may need {needs:.0f}. {advice}")
        advice = _("Free some space, or let PROBEWISE_HOME name a folder with more.")
        raise CreationFailed(message.format(free=free_gb, folder=folder, needs=needs_gb, advice=advice))
