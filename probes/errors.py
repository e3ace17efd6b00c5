"""The errors of `probes`: each says what came, what was expected and what to do."""

from __future__ import annotations

from typing import Literal


class ProbeError(Exception):
    """Base of every error that `probes` raises on purpose."""


class UnknownId(ProbeError):
    """A candidate, workload or layer kind that does not exist was asked for."""


class InvalidWorkload(ProbeError):
    """A workload description that cannot be built: shapes do not fit, or a size is out of range."""


class WorkerFailed(ProbeError):
    """A worker process ended, hung or broke its protocol; `reason` is one of `timeout`, `failed`, `unusable`."""

    def __init__(self, message: str, reason: Literal["timeout", "failed", "unusable"] = "failed") -> None:
        super().__init__(message)
        self.reason = reason


class NotInstalled(WorkerFailed):
    """A Python package that the candidate needs is not installed for its interpreter."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "unusable")
