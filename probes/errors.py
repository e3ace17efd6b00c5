"""The errors of `probes`: each says what came, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from probes.words import _, sentences


class ProbeError(Exception):
    """Base of every error that `probes` raises on purpose."""


class UnknownId(ProbeError):
    """A candidate, workload or layer kind that does not exist was asked for."""


class InvalidWorkload(ProbeError):
    """A workload that cannot be built: shapes do not fit, a size is out of range, or a framework lacks what it needs.

    `values` (text, numbers, or another such error) are put into `message`, which must be a literal, only when the
    error is shown: a worker raises it where nobody translates, the parent shows it in the reader's language.
    """

    def __init__(self, message: str, /, **values: str | float | InvalidWorkload) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return _(self.message).format(**self.values) if self.values else _(self.message)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the worker's pipe."""
        values = {
            name: value.to_json() if isinstance(value, InvalidWorkload) else value
            for name, value in self.values.items()
        }
        return {"message": self.message, "values": values}

    @classmethod
    def from_json(cls, message: str, values: Mapping[str, Any]) -> Self:
        """The error that `to_json` described."""
        return cls(
            message,
            **{name: cls.from_json(**value) if isinstance(value, dict) else value for name, value in values.items()},
        )


class WorkerFailed(ProbeError):
    """A worker process ended, hung or broke its protocol; `reason` is one of `timeout`, `failed`, `unusable`.

    `last_lines` is what the process wrote last; whoever ends it fills them in, and they are told after the message.
    """

    def __init__(self, message: str, reason: Literal["timeout", "failed", "unusable"] = "failed") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.last_lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.last_lines:
            return self.message
        return sentences(self.message, _("It wrote last: {lines}").format(lines=" | ".join(self.last_lines)))


class TrainsSomethingElse(WorkerFailed):
    """From the same weights and data a candidate's first loss is another than the others'."""


class NotInstalled(WorkerFailed):
    """A Python package that the candidate needs is not installed for its interpreter."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "unusable")


class OutOfMemory(WorkerFailed):
    """A worker wanted more memory than it is allowed, or than there is."""


class InvalidReport(ProbeError):
    """What is to be a probe's report, but is none, or one that says what cannot be: a phrase without a full stop."""


class InvalidArchive(ProbeError):
    """A file of runs that cannot be taken in: not one of ours, of a newer version, too large, or with a wrong run."""


class InvalidEnvironment(ProbeError):
    """A name or path of an environment that is not what was expected, or a list of them that cannot be changed."""


class InterpreterFailed(InvalidEnvironment):
    """A Python that cannot be run, or cannot say which packages it has."""


class CreationFailed(ProbeError):
    """An environment could not be made; nothing of it is left."""
