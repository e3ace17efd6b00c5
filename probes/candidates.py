"""The candidates: a framework in a mode. Ids are shared by code, data, command line and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from probes.errors import UnknownId
from probes.words import _

# The packages that compute, each of which would take a GPU for itself; importable under the same names.
Package = Literal["torch", "tensorflow", "jax"]
PACKAGES: tuple[Package, ...] = get_args(Package)


@dataclass(frozen=True)
class Candidate:
    """One framework in one mode.

    `module` is the adapter in `probes.frameworks`, `mode` what it is asked to do; `distributions` are the
    installed packages (distribution names) it needs and whose versions belong to its results. `start_s` is what
    import, build and first step of a small network typically take (two cores of an AMD EPYC, nothing compiled
    before): what is quick is measured first, and nobody is given up before that long while there is time.
    """

    id: str
    framework: str
    module: str
    mode: str
    distributions: tuple[str, ...]
    compiles: bool
    start_s: float

    @property
    def package(self) -> Package | None:
        """The one of its packages that computes; None for scikit-learn."""
        return next((package for package in PACKAGES if package in self.distributions), None)


CANDIDATES: tuple[Candidate, ...] = (
    Candidate("pytorch-eager", "pytorch", "pytorch", "eager", ("torch",), compiles=False, start_s=2),
    Candidate("pytorch-compile", "pytorch", "pytorch", "compile", ("torch",), compiles=True, start_s=13),
    Candidate(
        "tensorflow-graph", "tensorflow", "tensorflow", "graph", ("tensorflow", "keras"), compiles=True, start_s=4
    ),
    Candidate("tensorflow-xla", "tensorflow", "tensorflow", "xla", ("tensorflow", "keras"), compiles=True, start_s=5),
    Candidate("keras-tensorflow", "keras", "keras", "tensorflow", ("keras", "tensorflow"), compiles=True, start_s=5),
    Candidate("keras-jax", "keras", "keras", "jax", ("keras", "jax"), compiles=True, start_s=5),
    Candidate("keras-torch", "keras", "keras", "torch", ("keras", "torch"), compiles=False, start_s=5),
    Candidate("jax-jit", "jax", "jax", "jit", ("jax", "optax"), compiles=True, start_s=2),
    Candidate(
        "scikit-learn", "scikit-learn", "scikit_learn", "partial_fit", ("scikit-learn",), compiles=False, start_s=1
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
