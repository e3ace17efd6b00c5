"""What parent and worker say to each other: one JSON object a line, commands down stdin, replies up a private pipe.

Only the standard library is used, so that any interpreter can run a worker. The end of stdin means "stop".
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from probes.settings import Settings

Cause = Literal["missing", "workload", "memory", "exception"]
CommandName = Literal["import", "build", "first_step", "warm_up", "measure", "peak_memory", "script"]

# The share of a block that is trained unmeasured before it, to bring caches and thread pools back after others ran.
LEAD_IN = 0.2

# A reply is a few hundred bytes; whoever sends more than this is not the worker.
MAX_REPLY_BYTES = 65_536


class ProtocolBroken(Exception):
    """A line arrived that is no reply (or command) of this protocol."""


@dataclass(frozen=True)
class Imported:
    """The framework is loaded; `versions` maps distribution names to versions."""

    import_s: float
    versions: dict[str, str]
    kind: Literal["imported"] = "imported"


@dataclass(frozen=True)
class Built:
    """The network and its optimizer exist on `device`, with these settings."""

    build_s: float
    device: str
    settings: Settings
    kind: Literal["built"] = "built"

    @property
    def precision(self) -> str:
        """Of the products, as `Settings` has it."""
        return self.settings.precision


@dataclass(frozen=True)
class FirstStep:
    """The first optimizer step, with everything that is compiled or allocated on the way."""

    first_step_s: float
    loss: float
    kind: Literal["first_step"] = "first_step"


@dataclass(frozen=True)
class WarmedUp:
    """Training until it was `steady`, or until there were windows enough; `windows_ms` are a step's time in each.

    It took `seconds` on the clock and `cpu_s` of all the worker's threads.
    """

    windows_ms: list[float]
    steady: bool
    seconds: float
    cpu_s: float
    kind: Literal["warmed_up"] = "warmed_up"


@dataclass(frozen=True)
class Block:
    """`steps` optimizer steps took `seconds` on the clock.

    Before them, `lead_in_s` were spent on training that is not part of the block. Both together took `cpu_s` of all
    the worker's threads.
    """

    steps: int
    seconds: float
    cpu_s: float
    lead_in_s: float
    kind: Literal["block"] = "block"


@dataclass(frozen=True)
class PeakMemory:
    """Peak MiB since the last build: `memory_mb` of the device where one is used, else resident as `resident_mb`."""

    memory_mb: float
    resident_mb: float
    kind: Literal["peak_memory"] = "peak_memory"


@dataclass(frozen=True)
class Finding:
    """What a script found: whether what it looks for `holds`, and the `figure` it saw, in words."""

    holds: bool
    figure: str
    kind: Literal["finding"] = "finding"


@dataclass(frozen=True)
class Failure:
    """A command did not succeed; `error` is the exception's type, `message` its text or the missing module.

    A refused workload's `message` has still to be translated and `values` put into it; see `InvalidWorkload`.
    """

    cause: Cause
    error: str
    message: str
    values: dict[str, Any] = field(default_factory=dict)
    kind: Literal["failure"] = "failure"


Reply = Imported | Built | FirstStep | WarmedUp | Block | PeakMemory | Finding | Failure

_REPLY_KINDS: dict[str, type[Any]] = {reply.kind: reply for reply in Reply.__args__}

# What a field may be by its annotation, which is text here; a float without a fraction may travel as an integer.
_FIELD_TYPES: dict[str, type[Any] | tuple[type[Any], ...]] = {
    "float": (float, int),
    "int": int,
    "bool": bool,
    "str": str,
    "dict[str, str]": dict,
    "dict[str, Any]": dict,
    "Cause": str,
}


# Fields that are dataclasses themselves.
_NESTED: dict[str, type[Any]] = {"settings": Settings}


def encode_command(name: CommandName, **arguments: Any) -> bytes:
    """One line for the worker's stdin."""
    return _line({"command": name, "arguments": arguments})


def decode_command(line: bytes) -> tuple[str, dict[str, Any]]:
    """The name and arguments in a line from stdin; raises `ProtocolBroken`."""
    data = _object(line)
    try:
        return data["command"], data["arguments"]
    except KeyError as error:
        raise ProtocolBroken(f"A command lacks {error}.") from error


def encode_reply(reply: Reply) -> bytes:
    """One line for the private pipe."""
    return _line(asdict(reply))


def decode_reply(line: bytes) -> Reply:
    """The reply in a line from the private pipe; raises `ProtocolBroken`."""
    data = _object(line)
    cls = _REPLY_KINDS.get(str(data.get("kind")))
    if cls is None or not _has_fields(data, cls):
        raise ProtocolBroken(f"A reply has an unknown kind or other fields than expected: {line[:80]!r}.")
    nested = {name: _NESTED[name](**data[name]) for name in _NESTED.keys() & data.keys()}
    reply: Reply = cls(**data | nested)
    return reply


def _has_fields(value: Any, cls: type[Any]) -> bool:
    """Whether the value is an object with exactly the fields of a dataclass of ours, of their types."""
    expected = {field.name: str(field.type) for field in fields(cls)}
    return (
        isinstance(value, dict)
        and value.keys() == expected.keys()
        and all(
            _has_fields(value[name], _NESTED[name]) if name in _NESTED else _is_of_type(value[name], annotation)
            for name, annotation in expected.items()
        )
    )


def _is_of_type(value: Any, annotation: str) -> bool:
    if annotation.startswith("list["):
        return isinstance(value, list) and all(_is_of_type(each, annotation[len("list[") : -1]) for each in value)
    return isinstance(value, str if annotation.startswith("Literal[") else _FIELD_TYPES[annotation])


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise ProtocolBroken(f"A line is not JSON: {line[:80]!r}.") from error
    if not isinstance(data, dict):
        raise ProtocolBroken(f"A line is no JSON object: {line[:80]!r}.")
    return data
