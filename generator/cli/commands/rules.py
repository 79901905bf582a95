"""`nearedge rules`: what is checked, and why; `nearedge rules test`: whether the fleet's own rules find what they should."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..exits import CLEAN, FOUND, UsageError
from ..here import Gone, root_of
from ..output import show_findings

if TYPE_CHECKING:
    from ...findings.finding import Finding
    from ...findings.rule import Rule
    from ...fleet.spec_files import RulesFile


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which rule, and how to show it."""
    parser.add_argument(
        "code",
        nargs="?",
        metavar="CODE|test",
        help="a rule, such as SERVE004, or the beginning of some, such as SERVE or SERVE01; test tries the own rules of clusters/rules/",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to show rules")


def run(options: argparse.Namespace) -> int:
    """List the rules or a family of them, explain one with an example, or try the own ones."""
    if options.code == "test":
        return tried(root_of(options))
    from ...documents.near import nearest
    from ...report import catalog
    from ...report.rule_examples import example
    from ...rules.load import every_rule

    known = {**every_rule(), **_beside(options)}
    code = options.code.upper() if options.code else None
    family = [item for name, item in known.items() if code and name.startswith(code) and name != code]
    if code is not None and code not in known and not family:
        near = nearest(code, list(known))
        raise UsageError(
            f"there is no rule {options.code}"
            + (f": did you mean {near}?" if near else "; nearedge rules lists all")
        )
    family = [] if code in known else family
    chosen = family or ([known[code]] if code else list(known.values()))
    if options.format == "json":
        sys.stdout.write(catalog.rules_json(chosen))
    elif code and not family:
        sys.stdout.write(catalog.rule_text(known[code], example(code)))
    else:
        sys.stdout.write(catalog.rules_text(chosen))
    return CLEAN


def _beside(options: argparse.Namespace) -> Mapping[str, Rule]:
    """The own rules of the fleet that one stands in; ours are listed also where there is no folder to stand in."""
    try:
        return own_rules(root_of(options))
    except Gone:
        return {}


def own_rules(root: File) -> Mapping[str, Rule]:
    """The own rules of a fleet, as rules by code; those that can be read."""
    from ...findings.finding import Severity
    from ...findings.rule import Rule
    from ...rules.waivers import OWN

    found = {}
    for file in _read(root)[0]:
        for item in file.rules:
            doc = f"{item.message[:1].upper()}{item.message[1:]}: not where {' '.join(item.rule.split())}"
            found[item.code] = Rule(
                item.code, Severity(item.severity), source=file.document.file, doc=doc, scope=OWN
            )
    return found


def _read(root: File) -> tuple[tuple[RulesFile, ...], tuple[Finding, ...]]:
    """The files of own rules that can be read, and what is wrong with the others."""
    from ...documents.files import find_specs
    from ...fleet.spec_files import kind_of, read_rules

    names = tuple(file for file in find_specs(root)[0] if kind_of(file) == "Rules")
    return read_rules(root, names)


def tried(root: File) -> int:
    """Ask the own rules of their examples, and say for each what came out; 1 when something is not as it says."""
    from ...findings.finding import has_errors
    from ...own.examples import tried
    from ...report import table

    files, findings = _read(root)
    if has_errors(findings):
        show_findings(root, findings, ())
        return FOUND
    if not files:
        sys.stdout.write("clusters/rules/ holds no rules\n")
        return CLEAN
    found = tried(root, files)
    wrong = [line for item in found for line in item.wrong]
    rows = [
        (item.rule.rule.code, f"pass {item.passing}", f"fail {item.failing}", "wrong" if item.wrong else "ok")
        for item in found
    ]
    sys.stdout.write(table(rows))
    sys.stdout.writelines(f"{where}: {said}\n" for where, said in wrong)
    return FOUND if wrong else CLEAN
