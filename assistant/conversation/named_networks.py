"""Which network with a name a person means: `ResNet 18`, `bert base` or one of these in a sentence."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Literal

from assistant.errors import InvalidInput
from assistant.language import _
from assistant.networks import network_name
from assistant.wording import listing
from probes.workloads import NAMED, REFERENCE

MOST_NAMED = 4

_PART = re.compile(r"[a-z]+|\d+")


def read_network(networks: Collection[str], text: str) -> str | None:
    """The id of `networks` that the text names, None when it names nothing like a network.

    Raises `InvalidInput` with what was probably meant when it names several, one of another task or an unknown one.
    """
    said = _parts(text)
    named = [workload_id for workload_id in REFERENCE if _within(_parts(workload_id), said)]
    meant = [workload_id for workload_id in named if workload_id in networks] or _begun(networks, said)
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise InvalidInput(_("That could be {options}. Which one is it?").format(options=_listed(meant, "or")))
    if named:
        raise InvalidInput(unfit(named[0], networks))
    alike = _alike(networks, said)
    if alike:
        raise InvalidInput(
            _("I do not know that network. The nearest: {networks}. Name one of them, or pick a size.").format(
                networks=_listed(alike)
            )
        )
    return None


def unfit(workload_id: str, networks: Collection[str]) -> str:
    """Why a network cannot be taken for the task, and which of `networks` can."""
    problem = _("{network} is not for this task.").format(network=network_name(workload_id))
    known = [each for each in networks if each in NAMED]
    if not known:
        return problem
    return _("{problem} For it I know {networks}.").format(problem=problem, networks=_listed(known))


def _listed(networks: Sequence[str], last: Literal["and", "or"] = "and") -> str:
    return listing(map(network_name, networks[:MOST_NAMED]), last)


def _begun(networks: Collection[str], said: Sequence[str]) -> list[str]:
    """The networks of which nothing but parts of the name were said: `ResNet` is the beginning of three."""
    names = {each: _parts(each) for each in NAMED if each in networks}
    return [each for each, name in names.items() if name[0] in said and set(said) <= set(name)]


def _alike(networks: Collection[str], said: Sequence[str]) -> list[str]:
    """Those of the same kind, `ResNet-101`, else those spelled almost like it, `resent 18`."""
    offered = [each for each in NAMED if each in networks]
    kin = [each for each in offered if _parts(each)[0] in said]
    return kin or get_close_matches("-".join(said), offered, n=MOST_NAMED, cutoff=0.7)


def _within(name: Sequence[str], said: Sequence[str]) -> bool:
    """Whether the name's parts stand in what was said, one after the other."""
    return any(said[start : start + len(name)] == name for start in range(len(said)))


def _parts(text: str) -> list[str]:
    """Runs of letters and of digits: `ResNet-18`, `resnet 18` and `resnet18` are the same."""
    return _PART.findall(text.casefold())
