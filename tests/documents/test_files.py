"""The reader: a corpus of broken files, what YAML 1.2 says of plain scalars, and a place for every path."""

from __future__ import annotations

import math
import os
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.documents.files import MAX_BYTES, Document, find_specs, read_file, read_text
from generator.findings.finding import Path, Where
from generator.yaml.strict import MAX_DEPTH, MAX_NODES, MAX_REFERENCES
from tests.conftest import CASES, ROOT

CORPUS = CASES / "load"
BROKEN = sorted(CORPUS.glob("*.yaml"))
EXPECTED = CORPUS / "findings.txt"
"""One line for each finding, `<file>:<line>:<column> <code> <message>`; --update-golden rewrites it."""


def said_of(root: File, file: str) -> list[str]:
    """The findings for one file, as lines of findings.txt."""
    _, findings = read_file(root, file)
    return [f"{item.where} {item.code} {item.message}" for item in findings]


def test_the_corpus_is_complete(*, update_golden: bool) -> None:
    if update_golden:
        lines = [f"{line}\n" for path in BROKEN for line in said_of(CORPUS, path.name)]
        EXPECTED.write_text("".join(lines), encoding="utf-8")
    named = {line.partition(":")[0] for line in EXPECTED.read_text(encoding="utf-8").splitlines()}
    assert len(BROKEN) >= 40
    assert named == {path.name for path in BROKEN}


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_a_finding_at_its_place(path: File) -> None:
    expected = EXPECTED.read_text(encoding="utf-8").splitlines()
    assert said_of(CORPUS, path.name) == [line for line in expected if line.startswith(f"{path.name}:")]


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_what_can_be_read_of_a_broken_file_has_places(path: File) -> None:
    document, findings = read_file(CORPUS, path.name)
    assert findings
    if document is not None:
        assert all(
            document.where(at, key=key).file == path.name
            for at in every_path(document.data)
            for key in (False, True)
        )


def every_path(value: Any, path: Path = ()) -> list[Path]:
    """All paths of a value, the root's among them."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, item in inside for found in every_path(item, (*path, step)))]


# What cannot lie in the repository as a file is made here.


def test_a_large_file_is_not_read(tmp_path: File) -> None:
    text = f"a: {'x' * (MAX_BYTES - 4)}\n"
    (tmp_path / "at.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "over.yaml").write_text(f"{text}\n", encoding="utf-8")
    assert said_of(tmp_path, "at.yaml") == []
    assert said_of(tmp_path, "over.yaml") == [
        "over.yaml:1:1 SPEC001 has 262145 bytes, at most 262144 are read"
    ]


@pytest.mark.parametrize(
    "kind", ["symlink", "dangling symlink", "folder", "fifo", "missing", "name too long"]
)
def test_only_plain_files_are_read(tmp_path: File, kind: str) -> None:
    file, said = "x.yaml", "is a symlink"
    (tmp_path / "real.yaml").write_text("a: 1\n", encoding="utf-8")
    match kind:
        case "symlink":
            (tmp_path / file).symlink_to("real.yaml")
        case "dangling symlink":
            (tmp_path / file).symlink_to("nowhere.yaml")
        case "folder":
            (tmp_path / file).mkdir()
            said = "is not a regular file"
        case "fifo":
            os.mkfifo(tmp_path / file)
            said = "is not a regular file"
        case "missing":
            said = "cannot be read: No such file or directory"
        case _:
            file, said = f"{'x' * 300}.yaml", "cannot be read: File name too long"
    assert said_of(tmp_path, file) == [f"{file}:1:1 SPEC001 {said}"]


def test_a_file_without_permission_is_a_finding(unprivileged: File) -> None:
    (unprivileged / "x.yaml").write_text("a: 1\n", encoding="utf-8")
    (unprivileged / "x.yaml").chmod(0)
    assert said_of(unprivileged, "x.yaml") == ["x.yaml:1:1 SPEC001 cannot be read: Permission denied"]


def test_deep_nesting_ends_early() -> None:
    for text in ("[" * 5000, "a: " + "[" * 5000 + "]" * 5000, "{a: " * 5000, "- " * 5000, "? " * 5000):
        data, faults = read_text(text)
        assert data is None
        assert [fault.rule.code for fault in faults] == ["SPEC005"]


def test_depth_and_nodes_are_bounded_exactly() -> None:
    assert read_text("[" * MAX_DEPTH + "]" * MAX_DEPTH)[1] == ()
    assert [fault.rule.code for fault in read_text("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))[1]] == [
        "SPEC005"
    ]
    assert read_text("- a\n" * (MAX_NODES - 1))[1] == ()
    data, faults = read_text("- a\n" * MAX_NODES)
    assert data is None
    assert [(fault.line, fault.message) for fault in faults] == [(MAX_NODES, "more than 20000 nodes")]


def test_an_alias_bomb_is_not_listed_to_its_end() -> None:
    data, faults = read_text("a: &a [x]\n" + "".join(f"b{i}: *a\n" for i in range(1000)))
    assert data is None
    assert len(faults) == MAX_REFERENCES + 1


STRINGS = """
    yes Yes no NO on On off y n tRUE nUlL None = inf nan . - + 1Gi 1.2.3
    0777 0123 08 0b11 1_000 0x 0o8 -0x1F 0X1F 1,000 99999999999999999999
    12:30:45 1:30 -1:30 2026-01-02 2026-01-02T03:04:05Z
"""
"""Plain scalars that YAML 1.1 readers take for numbers, dates and booleans, and a few that look like it."""
VALUES: dict[str, Any] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    "0": 0,
    "-0": 0,
    "+7": 7,
    "-7": -7,
    "0x1F": 31,
    "0o17": 15,
    "9223372036854775807": 2**63 - 1,
    "1.5": 1.5,
    "1.": 1.0,
    "-.5": -0.5,
    "1e3": 1000.0,
    "1E+3": 1000.0,
    "25921e05": 2592100000.0,
    "1e999": math.inf,
    ".inf": math.inf,
    "-.INF": -math.inf,
}
PLAIN = [*((text, text) for text in STRINGS.split()), *VALUES.items()]


@pytest.mark.parametrize(("text", "value"), PLAIN, ids=[text for text, _ in PLAIN])
def test_a_plain_scalar_is_what_yaml_1_2_says(text: str, value: Any) -> None:
    data, faults = read_text(f"a: {text}\n" if text != "-" else "a: '-'")
    assert faults == ()
    assert (type(data["a"]), data["a"]) == (type(value), value)


def test_not_a_number_is_one() -> None:
    assert math.isnan(read_text("a: .nan")[0]["a"])


@pytest.mark.parametrize(
    "style", ['"{}"', "'{}'", "|-\n  {}", ">-\n  {}"], ids=["double", "single", "literal", "folded"]
)
@pytest.mark.parametrize("text", ["1", "true", "null", "1e3", "2026-01-02", "0x1F"])
def test_a_quoted_or_block_scalar_is_a_string(text: str, style: str) -> None:
    assert read_text(f"a: {style.format(text)}\n") == ({"a": text}, ())


@given(st.text(max_size=60) | st.text(alphabet="ab:-[]{},&*!|>'\"%@`#?~<\n\t \\1.", max_size=60))
@example("\ud800")
@example("a: \udfff")
@example("%TAG ! tag:x,2000:\n--- !a b")
@example("? ? ? a")
def test_no_text_raises(text: str) -> None:
    data, faults = read_text(text)
    assert data is None or all(fault.line > 0 and fault.column > 0 for fault in faults)
    if isinstance(data, dict):
        document = Document("x.yaml", text, data)
        assert [document.where(path).line for path in every_path(data)]


@given(st.binary(max_size=60))
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    root = tmp_path_factory.getbasetemp()
    (root / "any.yaml").write_bytes(raw)
    document, findings = read_file(root, "any.yaml")
    assert (document is None) <= bool(findings)


def test_windows_line_ends_read_alike() -> None:
    text = (ROOT / "clusters/near-edge/store-001.yaml").read_text(encoding="utf-8")
    assert read_text(text.replace("\n", "\r\n")) == read_text(text)


SPEC = """\
# comment
metadata: {name: é😀, labels: {"quoted": x}}
spec:
  nodes:
    - name: a
      count: 1
    - {name: b,
       taints: []}
  text: |
    one
    two
  empty:
"""
PLACES: list[tuple[Path, tuple[int, int], tuple[int, int]]] = [
    # path, place of its value, place of its key
    ((), (2, 1), (2, 1)),
    (("metadata",), (2, 11), (2, 1)),
    (("metadata", "name"), (2, 18), (2, 12)),
    (("metadata", "labels", "quoted"), (2, 41), (2, 31)),
    (("spec", "nodes"), (5, 5), (4, 3)),
    (("spec", "nodes", 0), (5, 7), (5, 7)),
    (("spec", "nodes", 0, "count"), (6, 14), (6, 7)),
    (("spec", "nodes", 1, "taints"), (8, 16), (8, 8)),
    (("spec", "text"), (9, 9), (9, 3)),
    (("spec", "empty"), (12, 9), (12, 3)),
    # What is not there stands at its nearest ancestor's key.
    (("spec", "missing"), (3, 1), (3, 1)),
    (("spec", "nodes", 7), (4, 3), (4, 3)),
    (("spec", "nodes", "name"), (4, 3), (4, 3)),
    (("spec", "text", 0, "deep"), (9, 3), (9, 3)),
    (("spec", "nodes", 0, "missing"), (5, 7), (5, 7)),
    (("missing",), (2, 1), (2, 1)),
]


@pytest.mark.parametrize(("path", "value", "key"), PLACES, ids=[str(path) for path, _, _ in PLACES])
def test_every_path_has_a_place(path: Path, value: tuple[int, int], key: tuple[int, int]) -> None:
    data, faults = read_text(SPEC)
    assert faults == ()
    document = Document("x.yaml", SPEC, data)
    assert document.where(path) == Where("x.yaml", *value)
    assert document.where(path, key=True) == Where("x.yaml", *key)


def put(root: File, *files: str) -> None:
    """Empty files below `root`."""
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("", encoding="utf-8")


def test_specs_are_found_in_their_folders(tmp_path: File) -> None:
    specs = (
        "clusters/core/hub.yaml",
        "clusters/fleet.yaml",
        "clusters/groups/a.yaml",
        "clusters/models/a.yaml",
        "clusters/near-edge/emea/berlin/b.yaml",
        "clusters/near-edge/a.yaml",
    )
    put(
        tmp_path, *reversed(specs), "clusters/README.md", "clusters/near-edge/.a.yaml.swp", "elsewhere/x.yaml"
    )
    assert find_specs(tmp_path) == (tuple(sorted(specs)), ())


@pytest.mark.parametrize(
    "file",
    [
        "clusters/near-edge/a.yml",
        "clusters/near-edge/a.YAML",
        "clusters/near-edge/a.json",
        "clusters/near-edge/a.yaml.yml",
        "clusters/edge/a.yaml",
        "clusters/store-001.yaml",
        "clusters/fleet.yml",
        "clusters/Near-Edge/a.yaml",
    ],
)
def test_a_file_that_nobody_would_read_is_a_finding(tmp_path: File, file: str) -> None:
    put(tmp_path, file)
    files, findings = find_specs(tmp_path)
    assert files == ()
    assert [(str(item.where), item.code) for item in findings] == [(f"{file}:1:1", "SPEC006")]


def test_a_folder_named_like_a_spec_is_a_finding(tmp_path: File) -> None:
    put(tmp_path, "clusters/near-edge/x.yaml/y.yaml")
    files, findings = find_specs(tmp_path)
    assert (files, [item.where.file for item in findings]) == ((), ["clusters/near-edge/x.yaml"])


def test_symlinks_are_not_followed(tmp_path: File) -> None:
    put(tmp_path, "elsewhere/a.yaml", "clusters/core/hub.yaml")
    (tmp_path / "clusters/near-edge").symlink_to("../elsewhere")
    (tmp_path / "clusters/core/loop").symlink_to("..")
    (tmp_path / "clusters/core/b.yaml").symlink_to("hub.yaml")
    files, findings = find_specs(tmp_path)
    assert files == ("clusters/core/b.yaml", "clusters/core/hub.yaml")
    assert [item.where.file for item in findings] == ["clusters/core/loop", "clusters/near-edge"]
    assert said_of(tmp_path, "clusters/core/b.yaml") == ["clusters/core/b.yaml:1:1 SPEC001 is a symlink"]


def test_clusters_itself_is_a_folder(tmp_path: File) -> None:
    assert find_specs(tmp_path) == ((), ())
    put(tmp_path, "real/fleet.yaml", "clusters")
    assert [item.message for item in find_specs(tmp_path)[1]] == ["cannot be read: Not a directory"]
    (tmp_path / "clusters").unlink()
    (tmp_path / "clusters").symlink_to("real")
    files, findings = find_specs(tmp_path)
    assert (files, [item.message for item in findings]) == ((), ["cannot be read: it is a symlink"])


def test_a_folder_without_permission_is_a_finding(unprivileged: File) -> None:
    put(unprivileged, "clusters/near-edge/a.yaml", "clusters/core/hub.yaml")
    (unprivileged / "clusters/near-edge").chmod(0)
    files, findings = find_specs(unprivileged)
    assert files == ("clusters/core/hub.yaml",)
    assert [str(item.where) for item in findings] == ["clusters/near-edge:1:1"]
    (unprivileged / "clusters/near-edge").chmod(0o755)
