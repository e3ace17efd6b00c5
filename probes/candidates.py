"""The candidates: a framework in a mode. Ids are shared by code, data, command line and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from probes.errors import UnknownId
from probes.words import _

# The packages that compute, each of which would take a GPU for itself; importable under the same names.
Package = Literal["torch", "tensorflow", "jax"]
PACKAGES: tuple[Package, ...] = get_args(Package)

# What computes the operations of a network, whoever asks it to: where it is slow, all of these are.
Runtime = Literal["torch", "tensorflow", "xla", "numpy"]

# What gives a package its devices besides itself, by distribution: the same version of it trains elsewhere with them.
DEVICE_PACKAGES: Mapping[Package, tuple[str, ...]] = {
    "torch": (),
    "tensorflow": (
        *("tensorflow-cpu", "tensorflow-intel", "tensorflow-macos", "tensorflow-metal", "tensorflow-rocm"),
        *("nvidia-cudnn-cu12", "intel-extension-for-tensorflow"),
    ),
    "jax": (
        *("jax-cuda12-plugin", "jax-cuda13-plugin"),
        *("jax-rocm60-plugin", "jax-rocm7-plugin", "jax-metal", "libtpu"),
    ),
}


@dataclass(frozen=True)
class Candidate:
    """One framework in one mode.

    `module` is the adapter in `probes.frameworks`, `mode` what it is asked to do; `distributions` are the
    installed packages (distribution names) it needs and whose versions belong to its results. `import_s` is what
    an import typically takes, `network_s` build and first step of a network, and `operation_s` what each of its
    operations adds (two cores of an AMD EPYC, nothing compiled before): what is quick is measured first, and nobody
    is given up before that long while there is time. `process_sd` is the standard deviation of the logarithm of the
    step time from process to process, beyond what its rounds vary by (measured by `tests.probes.detection` on the
    same cores, but for pytorch-compile, keras-tensorflow and keras-jax, which are taken to be like what computes for
    them), on a CPU: elsewhere nobody measured it and nothing is allowed for it. Where the memory of a step is asked
    of the system anew each time, as PyTorch does on a CPU, it is large: it went away when glibc was told to keep it.
    """

    id: str
    framework: str
    module: str
    mode: str
    distributions: tuple[str, ...]
    compiles: bool
    import_s: float
    network_s: float
    operation_s: float
    process_sd: float

    @property
    def package(self) -> Package | None:
        """The one of its packages that computes; None for scikit-learn."""
        return next((package for package in PACKAGES if package in self.distributions), None)

    @property
    def runtime(self) -> Runtime:
        """What computes its operations."""
        if self.package == "jax" or self.mode == "xla":
            return "xla"
        return self.package or "numpy"

    @property
    def device_packages(self) -> tuple[str, ...]:
        """Distributions without which it runs, but on other devices."""
        return DEVICE_PACKAGES[self.package] if self.package else ()

    def process_sd_on(self, device_kind: str) -> float:
        """What is known of `process_sd` on a kind of device, 0 where nothing is."""
        return self.process_sd if device_kind == "cpu" else 0.0


CANDIDATES: tuple[Candidate, ...] = (
    Candidate("pytorch-eager", "pytorch", "pytorch", "eager", ("torch",), False, 1.2, 0.1, 0.001, 0.06),
    Candidate("pytorch-compile", "pytorch", "pytorch", "compile", ("torch",), True, 2.1, 13.0, 0.4, 0.06),
    Candidate(
        "tensorflow-graph", "tensorflow", "tensorflow", "graph", ("tensorflow", "keras"), True, 3.5, 0.2, 0.05, 0.015
    ),
    Candidate(
        "tensorflow-xla", "tensorflow", "tensorflow", "xla", ("tensorflow", "keras"), True, 3.4, 0.5, 0.1, 0.015
    ),
    Candidate(
        "keras-tensorflow", "keras", "keras", "tensorflow", ("keras", "tensorflow"), True, 3.4, 0.3, 0.11, 0.015
    ),
    Candidate("keras-jax", "keras", "keras", "jax", ("keras", "jax"), True, 2.2, 1.4, 0.12, 0.02),
    Candidate("keras-torch", "keras", "keras", "torch", ("keras", "torch"), False, 3.7, 0.1, 0.002, 0.03),
    Candidate("jax-jit", "jax", "jax", "jit", ("jax", "optax"), True, 0.6, 0.7, 0.07, 0.02),
    Candidate(
        "scikit-learn", "scikit-learn", "scikit_learn", "partial_fit", ("scikit-learn",), False, 1.2, 0.1, 0.01, 0.02
    ),
)

FRAMEWORKS: tuple[str, ...] = tuple(dict.fromkeys(candidate.framework for candidate in CANDIDATES))

_BY_ID = {candidate.id: candidate for candidate in CANDIDATES}


def find_candidate(candidate_id: str) -> Candidate:
    """Return the candidate with this id; raises `UnknownId` naming the known ones."""
    try:
        return _BY_ID[candidate_id]
    except KeyError:
        known = ", ".join(_BY_ID)
        raise UnknownId(
            _("Unknown candidate {candidate!r}; expected one of {known}.").format(candidate=candidate_id, known=known)
        ) from None
