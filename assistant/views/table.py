"""The person's own table: given in the interview, it answers questions, and simple models are tried on it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from assistant import wording
from assistant.errors import InvalidInput
from assistant.language import _
from assistant.table import words
from assistant.table.reading import column_names
from assistant.table.records import TableTrial
from assistant.table.running import RunningTrial
from assistant.views.languages import follow_browser
from assistant.views.markdown import plain
from assistant.views.state import State, Table, state

# What a table may answer for; before the task is known it may answer that, too.
TASKS = (None, "tabular_classification", "tabular_regression", "text_classification")

# Of an upload, in MB; `.streamlit/config.toml` lets no larger one in anywhere.
MOST_MB = 200
POLL_S = 1.0


def show_table() -> None:
    """A place to give a table, and what was found in it; nothing where the task is of another kind."""
    now = state()
    if now.interview.project.task not in TASKS:
        return
    with st.expander(_("Have the table at hand? I try simple models on it."), type="compact"):
        st.file_uploader(
            _("The table (CSV); it stays on this machine"),
            type=["csv", "tsv", "txt"],
            key=_uploader(),
            on_change=_take_in,
            max_upload_size=MOST_MB,
        )
        if now.table is not None:
            _show(now.table)
            st.button(_("Forget this table"), icon=":material/delete:", type="tertiary", on_click=_forget)


def _show(table: Table) -> None:
    if table.problem:
        st.error(plain(table.problem))
        _choose_target(column_names(table.content), table.target)
    elif table.trial is not None:
        _show_trial(table.trial)
    else:
        st.fragment(_follow, run_every=POLL_S)()


def _follow() -> None:
    follow_browser()
    table = state().table
    if table is None or table.trial is not None or table.problem:
        st.rerun()
    st.caption(
        plain(_("Trying simple models on {name}, as soon as nothing is being measured.").format(name=table.name))
    )
    try:
        table.running = _start(table.name, table.target, table.content)
        if not table.running.done:
            return
        table.trial = table.running.result()
    except InvalidInput as problem:
        table.problem = str(problem)
    else:
        _answer(state(), table.trial)
    table.running = None
    _start.clear()
    st.rerun()


def _answer(now: State, trial: TableTrial) -> None:
    """What the table tells of what is still open, or was told by a table before; what the person said stays."""
    interview, told = now.interview.take_back(now.table_told), {}
    said = interview.project.answers
    if said.get("task", trial.facts.task) == trial.facts.task:
        told = {field: value for field, value in trial.facts.answers.items() if field not in said}
    for field, value in told.items():
        interview = interview.answer(field, value)
    now.table_told = told
    now.move(interview)


def _show_trial(trial: TableTrial) -> None:
    _choose_target(trial.facts.columns, trial.facts.target)
    said = state().interview.project.task
    if said not in {None, trial.facts.task}:
        other = _("This column makes it another task than your answers say ({task}); they stay as they are.")
        st.caption(plain(other.format(task=wording.answer_label("task", trial.facts.task))))
    found = words.finding(trial)
    if found:
        st.markdown(plain(found))
    rows = [(words.model_name(each.model), words.score(each, trial.metric), each.fit_s) for each in trial.models]
    st.dataframe(
        pd.DataFrame(rows, columns=["model", "score", "fit_s"]),
        column_config={
            "model": st.column_config.TextColumn(_("Model")),
            "score": st.column_config.TextColumn(_("On rows it has not seen")),
            "fit_s": st.column_config.NumberColumn(_("Fitted in, s"), format="%.2f"),
        },
        hide_index=True,
        alt=_("What each model reached on your table"),
    )
    told = _("On {sampled:,} of {rows:,} rows, five folds; the range says how far the mean may be off.")
    st.caption(told.format(sampled=trial.sampled, rows=trial.facts.rows))
    if trial.facts.left_out:
        left_out = _("Left out, for they name a row, never change or are texts: {columns}.")
        st.caption(plain(left_out.format(columns=wording.listing(trial.facts.left_out))))


def _choose_target(columns: Sequence[str], target: str | None) -> None:
    if len(columns) > 1:
        st.selectbox(
            _("Column to predict"),
            columns,
            index=columns.index(target) if target in columns else len(columns) - 1,
            key="table-target",
            on_change=_predict_another,
        )


def _uploader() -> str:
    """The key of the uploader: another one is empty, and nothing else empties one."""
    return f"table-file-{st.session_state.get('tables-forgotten', 0)}"


def _take_in() -> None:
    given = st.session_state.get(_uploader())
    if given is None:
        _forget()
    else:
        _forget_answers()
        state().table = Table(given.name, given.getvalue())
        _start.clear()


def _forget() -> None:
    """Take the table back, and what it answered."""
    now = state()
    st.session_state["tables-forgotten"] = st.session_state.get("tables-forgotten", 0) + 1
    now.table = None
    _start.clear()
    _forget_answers()


def _forget_answers() -> None:
    now = state()
    now.move(now.interview.take_back(now.table_told))
    now.table_told = {}


def _predict_another() -> None:
    table = state().table
    chosen = st.session_state.get("table-target")
    if table is not None and chosen in (table.trial.facts.columns if table.trial else column_names(table.content)):
        state().table = Table(table.name, table.content, target=chosen)
        _start.clear()


def _end(running: RunningTrial) -> None:
    # Called on the server's event loop when a tab closes: ending a process must not hold up the others.
    threading.Thread(target=running.close, name="end of table trial").start()


@st.cache_resource(scope="session", show_spinner=False, on_release=_end)
def _start(name: str, target: str | None, _content: bytes) -> RunningTrial:
    return RunningTrial(_content, name, target)
