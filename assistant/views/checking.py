"""Claims that this machine decides in the background: one check at a time per browser session, ended with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextvars import copy_context
from dataclasses import dataclass

import streamlit as st

from assistant.claims import saved
from assistant.claims.check import BUDGET_S, check_claims
from assistant.claims.records import CheckedLedger
from assistant.language import _
from knowledge.claims import Claim

# For a single claim; it ends as soon as the ratio is clear.
ONE_CLAIM_S = 120.0

_log = logging.getLogger(__name__)


class Check:
    """A check in a thread of its own. What it says and has found can be read at any time."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self.claims = tuple(claims)
        self.doing, self.share = _("Starting"), 0.0
        self.found: CheckedLedger | None = None
        self.problem: str | None = None
        self._stopped = threading.Event()
        # The words it says are to be in the language of who asked.
        self._thread = threading.Thread(target=copy_context().run, args=(self._work,), name="check of claims")
        self._thread.daemon = True

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End at the next opportunity; what is decided by then is kept."""
        self._stopped.set()

    @property
    def stopping(self) -> bool:
        """Whether it was told to end."""
        return self._stopped.is_set()

    @property
    def running(self) -> bool:
        """Whether it still decides."""
        return self._thread.is_alive()

    def _work(self) -> None:
        try:
            self.found = check_claims(
                self.claims,
                budget_s=BUDGET_S if len(self.claims) > 1 else ONE_CLAIM_S,
                say=self._say,
                found=self._keep,
                stopped=self._stopped.is_set,
            )
            self.problem = saved.save(self.found)
        except Exception:  # noqa: BLE001  the page goes on with what is known; the traceback goes to the terminal
            _log.exception("The check of claims broke off")
            self.problem = _("The check broke off; the terminal that runs Probewise says why.")

    def _say(self, doing: str, share: float) -> None:
        self.doing, self.share = doing, share

    def _keep(self, ledger: CheckedLedger) -> None:
        self.found = ledger


@dataclass
class Checks:
    """The session's present or last check, None before the first."""

    latest: Check | None = None

    @property
    def running(self) -> Check | None:
        """The check that is under way."""
        return self.latest if self.latest and self.latest.running else None

    @property
    def found(self) -> CheckedLedger | None:
        """What the present or last check has found so far."""
        return self.latest.found if self.latest else None

    def begin(self, claims: Sequence[Claim]) -> None:
        """Decide these, unless others are being decided."""
        if self.running is None:
            self.latest = Check(claims)
            self.latest.start()

    def stop(self) -> None:
        """End what is under way."""
        if self.latest:
            self.latest.stop()


@dataclass(frozen=True)
class Drawn:
    """What the page shows of a check under way: the ids of the claims listed, and of those it had found by then."""

    listed: frozenset[str]
    found: frozenset[str]

    def lacks(self, found: CheckedLedger | None) -> bool:
        """Whether something of a claim that is listed has been found since."""
        new = {result.claim for result in found.results} - self.found if found else set()
        return bool(new & self.listed)


@st.cache_resource(scope="session", show_spinner=False, on_release=Checks.stop)
def checks() -> Checks:
    """Those of this browser session."""
    return Checks()


def ledger(found: CheckedLedger | None) -> CheckedLedger | None:
    """What this machine has said so far, with what the present check has found."""
    before = saved.last()
    return saved.merged(before, found) if found else before
