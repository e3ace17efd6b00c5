"""Broken files are refused, naming file and record, and everything wrong is reported together."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from knowledge.errors import KnowledgeError, UnknownRecord
from knowledge.load import ROOT, load, messages, read

TODAY = datetime.now(tz=UTC).date()

FACT = (
    "frameworks/jax.toml",
    """
[[fact]]
id = "jax.something"
dimension = "install"
statement = "Something about JAX."
sources = ["jax-install"]
checked = 2026-11-21
versions = {jax = "0.10.2"}
""",
)
CLAIM = (
    "claims/install.toml",
    """
[[claim]]
id = "something"
dimension = "install"
frameworks = ["jax"]
statement = "Somebody says something."
verdict = "holds"
today = "It is so."
sources = ["jax-install"]
checked = 2026-11-21
""",
)
RULE = (
    "rules.toml",
    """
[[criterion]]
id = "debugging-something"
criterion = "debugging"
framework = "jax"
when = {goal = ["learning"]}
level = 3
reason = "because"
facts = ["jax.debugging"]
""",
)
YOURS = (
    "rules.toml",
    """
[[criterion]]
id = "debugging-yours"
criterion = "debugging"
framework = "jax"
when = {knows = ["jax"]}
level = 3
reason = "you know it"
evidence = "you"
""",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT, tmp_path / "knowledge", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


def append(root: Path, file: str, text: str) -> None:
    path = root / file
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def replace(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(root: Path, today: date = TODAY) -> list[str]:
    with pytest.raises(KnowledgeError) as refused:
        read(root, today)
    assert str(refused.value).splitlines() == [str(problem) for problem in refused.value.problems]
    return [str(problem) for problem in refused.value.problems]


def test_the_knowledge_that_is_shipped_has_nothing_wrong_with_it():
    assert len(read(ROOT, TODAY).claims) >= 120


def test_the_additions_used_below_are_fine_as_they_stand(root):
    append(root, *FACT)
    append(root, *CLAIM)
    append(root, *RULE)
    append(root, *YOURS)
    loaded = read(root, TODAY)
    assert "jax.something" in loaded.facts
    assert "something" in loaded.claims


@pytest.mark.parametrize(
    ("record", "old", "new", "message"),
    [
        (FACT, "statement", "statment", "got unknown key 'statment', expected one of id"),
        (FACT, "statement", "statment", "'statement' is missing"),
        (FACT, "jax-install", "jax-instal", "got unknown source 'jax-instal', expected"),
        (
            FACT,
            '"install"',
            '"instal"',
            "got unknown dimension 'instal', expected one of scope",
        ),
        (FACT, "0.10.2", "newest", "got 'newest', expected a version such as 2.15.0"),
        (FACT, "2026-11-21", "2025-11-21", "got checked = 2025-11-21, expected 2026-01-01"),
        (FACT, "2026-11-21", str(TODAY + timedelta(days=1)), f"expected no day after today ({TODAY})"),
        (FACT, "2026-11-21", '"soon"', "'checked': got 'soon'"),
        (FACT, "jax.something", "keras.something", "expected one that begins with 'jax.'"),
        (FACT, "jax.something", "jax.tpu", "got id 'jax.tpu' again"),
        (FACT, '["jax-install"]', "[]", "'sources': got []"),
        (CLAIM, '"holds"', '"true"', "got 'true', expected one of 'holds', 'outdated'"),
        (CLAIM, '"jax"', '"torch"', "got unknown framework 'torch', expected one of"),
        (
            CLAIM,
            '"something"',
            '"keras-only-a-wrapper"',
            "(it stands in knowledge/claims/archi",
        ),
        (CLAIM, '["jax-install"]', "[]", "got verdict 'holds' without a primary source"),
        (CLAIM, "jax-install", "survey-2022", "got verdict 'holds' without a primary source"),
        (RULE, "level = 3", "level = 6", "'level': got 6"),
        (RULE, "debugging-something", "debugging-jax", "got id 'debugging-jax' again"),
        (RULE, 'when = {goal = ["learning"]}', "", "it would hide the rules above it"),
        (RULE, '"learning"', '"fun"', "got 'fun', expected one of learning, research, product"),
        (
            RULE,
            'framework = "jax"',
            'candidate = "jax"',
            "got unknown candidate 'jax', expected one of",
        ),
        (RULE, 'framework = "jax"', "", "expected either a framework or a candidate"),
        (RULE, "jax.debugging", "jax.debuging", "got unknown fact 'jax.debuging'"),
        (RULE, 'facts = ["jax.debugging"]', "", "got no facts, expected the id of one or more"),
        (
            RULE,
            'facts = ["jax.debugging"]',
            'evidence = "you"',
            "expected a condition on knows or existing_code that",
        ),
        (RULE, "level = 3", 'level = 3\nevidence = "you"', "got facts for evidence 'you', expected none"),
        (YOURS, '["jax"]', '["jax", "keras"]', "expected a condition on knows or existing_code that names this"),
        (YOURS, '"you know it"', '"known: yes"', "got 'known: yes', expected no colon and no full stop"),
        (YOURS, '"you know it"', '"you know it."', "got 'you know it.', expected no colon and no full stop"),
        (YOURS, '["jax"]', '["keras"]', "expected a condition on knows or existing_code that names this"),
    ],
)
def test_a_broken_record_is_refused_by_name(root, record, old, new, message):
    file, text = record
    assert old in text
    broken = text.replace(old, new, 1)
    append(root, file, broken)
    found = [problem for problem in problems(root) if message in problem]
    assert found
    assert found[0].startswith(f"knowledge/{file}, ")
    assert found[0].split("'")[1] in broken


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("sources.toml", 'kind = "secondary"', 'kind = "blog"', "got 'blog', expected one of 'documentation'"),
        ("sources.toml", "[[source]]", "[[sources]]", "got table 'sources', expected one of source"),
        ("dimensions.toml", 'id = "salary"', 'id = "wages"', "got a dimension that no record names"),
        ("questions.toml", 'value = "small"', 'value = "tiny"', "question 'model_scale': got options tiny"),
        ("questions.toml", 'id = "goal"', 'id = "aim"', "got id 'aim', expected one of task"),
        ("questions.toml", "maximum = 100000\n", "maximum = 200000\n", "got a maximum above 100000"),
        ("questions.toml", "picks = [10, 30", "picks = [0, 30", "got picks [0.0, 30.0"),
        (
            "questions.toml",
            'ordinary = ["one"]',
            'ordinary = ["two"]',
            "got ordinary answers ['two'], expected some of",
        ),
        (
            "questions.toml",
            'ordinary = ["none", "server"]',
            'ordinary = ["none", "server", "mobile", "browser", "microcontroller"]',
            "not all",
        ),
        ("rules.toml", 'facts = ["tensorflow.intel"]\n', "", "'facts' is missing, expected a value"),
        ("rules.toml", 'unit = "MB"\n', "", "got unit None and 0 levels, expected a unit or five levels"),
        (
            "rules.toml",
            'id = "longevity-jax"',
            'id = "longevity-jax"\nwhen = {goal = ["product"]}',
            "jax has no rule",
        ),
        ("claims/speed.toml", '"pytorch-eager"', '"pytorch"', "got unknown candidate 'pytorch', expected one of"),
        ("claims/api.toml", "import tensorflow as tf\nhigh", "import tensorflow as\nhigh", "not valid Python"),
        ("frameworks/jax.toml", 'name = "JAX"', "name =", "got something that is not TOML in UTF-8"),
    ],
)
def test_a_broken_file_is_refused(root, file, old, new, message):
    replace(root, file, old, new)
    assert any(message in problem for problem in problems(root))


def test_a_missing_question_is_named(root):
    text = (root / "questions.toml").read_text(encoding="utf-8")
    (root / "questions.toml").write_text(text[: text.rindex("[[question]]")], encoding="utf-8")
    assert any("table 'question': python is missing" in problem for problem in problems(root))


def test_a_source_that_nothing_names_is_refused(root):
    append(root, "sources.toml", '\n[[source]]\nid = "spare"\ntitle = "Spare"\nkind = "documentation"\n')
    expected = "knowledge/sources.toml, source 'spare': got a source that no record names, expected a use of it"
    assert problems(root) == [expected]


def test_a_missing_file_is_named(root):
    (root / "questions.toml").unlink()
    assert any(problem.startswith("knowledge/questions.toml, file: got no such file") for problem in problems(root))


def test_all_errors_of_all_files_come_at_once(root):
    append(root, FACT[0], FACT[1].replace("jax-install", "nowhere"))
    append(root, CLAIM[0], CLAIM[1].replace('"holds"', '"true"'))
    append(root, RULE[0], RULE[1].replace("level = 3", "level = 9\nwhy = 1"))
    found = problems(root)
    assert len(found) == 4
    assert {problem.split(",")[0].removeprefix("knowledge/") for problem in found} == {
        "frameworks/jax.toml",
        "claims/install.toml",
        "rules.toml",
    }


def test_a_record_that_cannot_be_read_does_not_make_others_look_wrong(root):
    replace(root, "sources.toml", 'id = "jax-install"\n', 'id = "jax-install"\ncolour = "red"\n')
    (only,) = problems(root)
    assert "got unknown key 'colour'" in only


def test_no_date_is_refused_without_a_day_to_compare_it_with(root):
    append(root, FACT[0], FACT[1].replace("2026-11-21", str(TODAY + timedelta(days=400))))
    assert "jax.something" in read(root).facts


@pytest.mark.parametrize("kind", ["source", "framework", "mode", "fact", "claim", "question"])
def test_asking_for_a_record_that_does_not_exist_names_those_that_do(kind):
    with pytest.raises(UnknownRecord, match="'nothing'; expected one of"):
        getattr(load(), kind)("nothing")


def test_messages_are_every_text_a_person_reads():
    texts = {(file, record): [] for file, record, _ in messages()}
    for file, record, text in messages():
        texts[file, record].append(text)
    loaded = load()
    task = loaded.question("task")
    assert texts["questions.toml", "task"][:2] == [task.text, task.why]
    assert {option.label for option in task.option} <= set(texts["questions.toml", "task"])
    claim = loaded.claim("keras-slowest")
    assert texts["claims/speed.toml", "keras-slowest"] == [
        claim.statement,
        claim.today,
        claim.check.if_holds,
        claim.check.if_not,
    ]
    assert texts["frameworks/pytorch.toml", "pytorch-compile"] == [loaded.mode("pytorch-compile").label]
    ours = {source.id: [source.title] for source in loaded.sources.values() if source.address is None}
    assert {record: said for (file, record), said in texts.items() if file == "sources.toml"} == ours
    assert "rows" in texts["questions.toml", "dataset_rows"]


def test_a_framework_takes_one_file(root):
    (root / "frameworks" / "mxnet.toml").write_text(
        """
[framework]
id = "mxnet"
name = "Apache MXNet"
home = "https://mxnet.apache.org/"

[[fact]]
id = "mxnet.retired"
dimension = "install"
statement = "Apache MXNet was retired in September 2023."
sources = ["jax-install"]
checked = 2026-11-21
versions = {mxnet = "1.9.1"}
""",
        encoding="utf-8",
    )
    append(root, CLAIM[0], CLAIM[1].replace('"jax"', '"mxnet"'))
    known = read(root, TODAY)
    assert known.framework("mxnet").name == "Apache MXNet"
    assert known.claim("something").frameworks == ("mxnet",)


def test_a_claim_about_an_unknown_framework_is_refused(root):
    append(root, CLAIM[0], CLAIM[1].replace('"jax"', '"mxnet"'))
    (only,) = problems(root)
    assert "got unknown framework 'mxnet', expected one of" in only
