"""The command line: what each command prints, its exit codes, and that no input brings it down."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.cli import main
from generator.facts.images import of_platform
from generator.findings.finding import Severity
from generator.report.rule_examples import found_in
from generator.rules.load import every_rule
from generator.yaml.strict import read_text
from tests.conftest import ROOT
from tests.example import example

STORE = "clusters/near-edge/store-001.yaml"
FORMATS = ("text", "json", "github", "sarif", "junit")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> File:
    shutil.copytree(ROOT / "clusters", tmp_path / "clusters")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    """Exit code, also of those that argparse decides on."""
    try:
        return main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def spoil(root: File, old: str = "runtime: caikit-tgis", new: str = "runtime: caikit") -> None:
    path = root / STORE
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_check_shows_the_line_of_the_spec(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(root)
    assert run("check") == 1
    out = capsys.readouterr().out
    number = next(
        i for i, line in enumerate((root / STORE).read_text("utf-8").splitlines(), 1) if "caikit" in line
    )
    start = out[out.index(f"{STORE}:{number}:16: error SPEC012") :]
    assert start.splitlines()[1].startswith(f"  {number} |       runtime: caikit")
    assert start.splitlines()[2] == f"  {' ' * len(str(number))} | {' ' * 15}^"
    assert out.splitlines()[-1].startswith("1 error, ")
    assert "\x1b" not in out


def test_colour_can_be_forced(
    root: File, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(root)
    monkeypatch.setenv("FORCE_COLOR", "1")
    run("check")
    assert "\x1b[31merror\x1b[0m" in capsys.readouterr().out


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_the_same_findings_and_exit_code(
    name: str, root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", "--format", name) == 0
    assert "SERVE014" in capsys.readouterr().out
    spoil(root)
    assert run("check", "--format", name) == 1
    assert "SPEC012" in capsys.readouterr().out


def test_check_of_a_file_looks_at_this_cluster_alone(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(root)
    assert run("check", "--format", "json", "clusters/near-edge/store-002.yaml") == 0
    captured = capsys.readouterr()
    files = {item["file"] for item in json.loads(captured.out)["findings"]}
    assert STORE not in files
    assert (
        captured.err
        == "1 cluster checked without the rules of the fleet as a whole: nearedge check asks them all\n"
    )
    assert run("check", "--format", "json", STORE) == 1


def files_of(root: File, group: str) -> set[str]:
    """Files of the clusters of a group."""
    return {
        path.relative_to(root).as_posix()
        for path in (root / "clusters/near-edge").glob("*.yaml")
        if f"groups: [{group}]" in path.read_text("utf-8")
    }


def test_check_of_a_shared_file_looks_at_all_that_use_it(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    users = files_of(root, "retail-gpu")
    assert run("check", "clusters/groups/retail-gpu.yaml") == 0
    assert capsys.readouterr().err.startswith(f"{len(users)} clusters checked")
    assert run("check", "clusters/models/flan-t5-small.yaml") == 0
    number = (
        sum("flan-t5-small" in path.read_text("utf-8") for path in (root / "clusters").glob("*/*.yaml")) - 1
    )
    assert capsys.readouterr().err.startswith(f"{number} clusters checked")


def test_check_of_a_part_finds_what_the_whole_finds_there(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(root, "ring: canary", "ring: canarry")
    run("check", "--format", "json")
    whole = [item for item in json.loads(capsys.readouterr().out)["findings"] if item["file"] == STORE]
    run("check", "--format", "json", STORE)
    part = [item for item in json.loads(capsys.readouterr().out)["findings"] if item["file"] == STORE]
    assert whole == part
    assert "HUB002" in {item["code"] for item in part}


def test_check_of_the_fleet_or_a_folder(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    run("check")
    everything = capsys.readouterr()
    run("check", "clusters/fleet.yaml")
    assert capsys.readouterr() == everything
    run("check", "clusters")
    assert capsys.readouterr() == everything
    run("check", "clusters/near-edge")
    number = len(list((root / "clusters/near-edge").glob("*.yaml")))
    assert capsys.readouterr().err.startswith(f"{number} clusters checked")


def test_everything_works_from_a_folder_below(
    root: File, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("check", STORE)
    above = capsys.readouterr()
    monkeypatch.chdir(root / "clusters/near-edge")
    for path in (
        "store-001.yaml",
        "./store-001.yaml",
        "../near-edge/store-001.yaml",
        STORE,
        str(root / STORE),
    ):
        run("check", path)
        assert capsys.readouterr() == above
    assert run("explain", "store-001.yaml:9") == 0
    assert capsys.readouterr().out.startswith("store-001: ring = canary\n")
    monkeypatch.chdir("/")
    assert run("check", "--root", str(root), STORE) == 0
    assert capsys.readouterr() == above


def test_waivers_end_on_the_day_that_is_given(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    path = root / STORE
    waiver = "  waivers: [{code: SERVE014, reason: Moves in spring, until: 2026-12-31}]\n"
    path.write_text(path.read_text("utf-8") + waiver, "utf-8")
    assert run("check", STORE, "--today", "2026-12-31") == 0
    out = capsys.readouterr().out
    assert "waived SERVE014 until 2026-12-31: Moves in spring" in out
    assert out.endswith("no findings (1 waived)\n")
    assert run("check", STORE, "--today", "2027-01-01") == 0
    assert capsys.readouterr().out.endswith("2 warnings\n")


def test_render_refuses_errors_and_shows_their_lines(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(root)
    assert run("render", "--no-verify") == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "^" in captured.err
    assert captured.err.endswith("nothing was written\n")
    assert not (root / "overlays").exists()


def test_render_tells_warnings_in_a_line_each(root: File, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("render", "--no-verify") == 0
    captured = capsys.readouterr()
    assert "warning SERVE014" in captured.err
    assert "^" not in captured.err
    assert (root / "overlays/store-001/kustomization.yaml").is_file()
    assert run("render", "--check") == 0
    assert run("explain", "overlays/store-001/kustomization.yaml:3") == 0


def test_explain_warns_of_a_file_that_is_not_up_to_date(
    root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    run("render", "--no-verify")
    path = root / "overlays/store-001/kustomization.yaml"
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    capsys.readouterr()
    assert run("explain", "overlays/store-001/kustomization.yaml:3", "--format", "json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["upToDate"] is False
    assert "run nearedge render" in captured.err


def test_rules_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rules") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(every_rule())
    assert run("rules", "serve007") == 0
    out = capsys.readouterr().out
    assert out.startswith("SERVE007 (error)\n\nreplicas.min is at least 1")
    assert "Wrong:\n\n    cluster:\n      serving:\n" in out
    assert "    -> replicas.min is 0" in out
    assert run("rules", "--format", "json") == 0
    listed = json.loads(capsys.readouterr().out)["rules"]
    assert {item["code"] for item in listed if item["waivable"] and item["severity"] == "error"} >= {"FIT001"}


def shipped_examples() -> dict[str, dict[str, Any]]:
    """Code -> its example as it was written."""
    folder = ROOT / "generator/data/examples"
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.yaml")) if path.stem != "base"]
    return {code: shown for text in texts for code, shown in read_text(text)[0].items()}


EXAMPLES = shipped_examples()


def blocks(text: str) -> list[str]:
    """Paragraphs, each in one line."""
    return [" ".join(block.split()) for block in text.strip().split("\n\n")]


def says(shown: str, part: Any) -> bool:
    """Whether an indented part of an explanation says what the example says: a text, or what is in it."""
    text = textwrap.dedent(shown).rstrip("\n")
    return text == part.rstrip("\n") if isinstance(part, str) else read_text(text) == (part, ())


@pytest.mark.parametrize("code", every_rule())
def test_every_rule_is_explained_in_full(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rules", code) == 0
    prose, _, rest = capsys.readouterr().out.partition("\nWrong:\n\n")
    rule = every_rule()[code]
    title, *said, _ = blocks(prose)
    assert title == f"{code} ({rule.severity})"
    assert said == blocks(rule.doc)
    assert said[0] == rule.summary
    assert len(rule.summary.split()) > 3
    assert max(len(line) for line in prose.rpartition("\n\n")[0].splitlines()) <= 100
    rows = dict(row.split(maxsplit=1) for row in prose.rpartition("\n\n")[2].splitlines())
    waivers = rows.pop("waivers")
    known = {"covers": ", ".join(rule.covers), "source": rule.source}
    assert rows == {name: text for name, text in known.items() if text}
    if rule.severity is not Severity.ERROR or code.startswith(("ADMIT", "FIT")):
        assert waivers == "can be waived" or code.startswith("WAIVER")
    else:
        assert re.fullmatch("none: [a-z ]{20,}", waivers)
    example = EXAMPLES.get(code)
    if example is None:
        assert rest == ""
        return
    wrong, arrow, rest = rest.partition("\n    -> ")
    messages, _, right = rest.partition("\n\nRight:\n\n")
    assert says(wrong, example["wrong"])
    assert says(right, example["right"])
    findings = [item for item in found_in(example["wrong"]) if item.code == code]
    assert arrow
    assert messages.split("\n    -> ") == [item.message for item in findings]


def test_the_rules_that_are_explained_by_an_example_are_most_of_them() -> None:
    assert EXAMPLES.keys() <= every_rule().keys()
    assert len(EXAMPLES) > 0.8 * len(every_rule())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "COMMAND"),
        (("chek",), "did you mean check?"),
        (
            ("check", "--fromat", "json"),
            "nearedge check: unrecognized arguments: --fromat: did you mean --format?",
        ),
        (("check", "--nothing-like-it"), "unrecognized arguments: --nothing-like-it\n"),
        (("check", "clusters/near-edge/store-01.yaml"), "did you mean clusters/near-edge/store-001.yaml?"),
        (("rollout", "staus"), "did you mean status?"),
        (("add", "clster", "x"), "did you mean cluster?"),
        (("mirror", "--cluster", "store-01"), "there is no cluster store-01: did you mean store-001?"),
        (("models", "upload", "store-01", "m"), "did you mean store-001?"),
        (("models", "checksum", "/nowhere"), "there is no folder /nowhere"),
        (("rules", "QQ"), "nearedge rules lists all"),
        (("check", "--format", "yaml"), "invalid choice"),
        (("check", "--today", "2027-02-30"), "is no day"),
        (("check", "--today", "tomorrow"), "is no day"),
        (("check", "nothing.yaml"), "there is no nothing.yaml"),
        (("check", "README"), "README is no spec"),
        (("check", "/etc/hostname"), "there is no /etc/hostname"),
        (("check", ".."), "there is no .."),
        (("check", "a\0b"), "there is no"),
        (("check", "--root", "/nowhere"), "there is no folder"),
        (("rules", "SERVES"), "there is no rule SERVES"),
        (("profiles", "odh-3.44"), "there is no platform odh-3.44: did you mean odh-3.4?"),
        (
            ("set", "store-001", "serving[assistant].args[0]", "--foo"),
            "unrecognized arguments: --foo; a value that begins with - stands behind --\n",
        ),
        (("rules", "SERVE999"), "did you mean"),
        (("explain",), "required"),
        (("explain", "store-001"), "FILE:LINE"),
        (("explain", "store-9", "ring"), "there is no cluster store-9: did you mean store-"),
        (("explain", "store-001", "rnig"), "did you mean ring?"),
        (("explain", "clusters/near-edge/store-001.yaml:1"), "no field below spec"),
        (("explain", "clusters/near-edge/store-001.yaml:99999"), "lines"),
        (("explain", "nothing.yaml:3"), "there is no file nothing.yaml"),
        (("explain", "README:1"), "not in base/, overlays/ or acm/"),
        (("explain", "clusters/fleet.yaml:99999"), "lines"),
    ],
    ids=lambda value: "-".join(value).replace("\0", "0") if isinstance(value, tuple) else "",
)
def test_usage_errors(
    arguments: tuple[str, ...], said: str, root: File, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "README").write_text("read me\n", "utf-8")
    ended = run(*arguments)
    captured = capsys.readouterr()
    assert ended == 64
    assert said in captured.err
    assert captured.out == ""
    assert len(captured.err.splitlines()) <= 6


def test_a_family_of_rules_and_a_platform_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rules", "kueue") == 0
    codes = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert {"KUEUE001", "KUEUE010"} <= codes
    assert not {code for code in codes if code.startswith("SERVE")}
    assert run("profiles", "odh-3.4") == 0
    told = capsys.readouterr().out
    assert "name: odh-3.4" in told
    assert f"# vllm: {of_platform('odh-3.4')['vllm'].image}" in told
    assert "# kueue.version: recorded; tests/live/recorded/kueue-0.16.6" in told


def test_help_and_version_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "render", "verify", "schema", "rules", "explain"):
        assert run(command, "--help") == 0
        assert "--root" in capsys.readouterr().out
    assert run("--version") == 0


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from generator.cli import main\n"
        "try: main(['check', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pydantic', 'yaml', 'jsonschema_rs', 'jinja2', 'git', 'github', 'generator.report'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["check", "render"])
def test_a_run_without_a_change_makes_no_models_of_specs(command: str, tmp_path: File) -> None:
    """They take longer than all else that it does."""
    code = (
        "import sys; from generator.cli import main\n"
        f"code = main([{command!r}, '--root', {str(example(tmp_path))!r}])\n"
        "heavy = {'pydantic', 'jsonschema_rs', 'jinja2', 'generator.components', 'generator.specs.types'}\n"
        "sys.exit(code or ','.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_terminal_without_utf_8_brings_nothing_down(root: File) -> None:
    spoil(root, "runtime: caikit-tgis", "runtime: caïkit")
    done = subprocess.run(
        [sys.executable, "-m", "generator", "check", "--root", str(root)],
        cwd=ROOT,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ca\\xefkit" in done.stdout
    assert "Traceback" not in done.stderr


words = st.text(st.characters(exclude_characters="\0"), max_size=12)
paths = st.sampled_from(
    ["serving", "ring", "kueue", "assistant", "[0]", ".", "[", "]", "x", "metadata", "labels"]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.tuples(st.just("check"), words),
        st.tuples(st.just("rules"), words),
        st.tuples(st.just("explain"), words),
        st.tuples(st.just("explain"), st.just("store-001"), st.one_of(words, st.lists(paths).map("".join))),
        st.tuples(
            st.just("explain"), st.builds("clusters/near-edge/store-001.yaml:{}".format, st.integers())
        ),
        st.lists(words).map(tuple),
    )
)
def test_no_argument_brings_it_down(arguments: tuple[str, ...]) -> None:
    assert run(*arguments) in {0, 1, 64}
