"""Manual pages of the commands, in roff, as man(7) has it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from .examples import examples_of

EXIT_CODES = {
    "0": "done, or nothing to do",
    "1": "findings, files that are not up to date, or a change that was refused",
    "2": "changes, where --detailed-exitcode asks for it",
    "3": "a tool, a folder or an answer of the network is missing",
    "64": "the arguments make no sense",
}
ENVIRONMENT = {
    "NO_COLOR, FORCE_COLOR": "no colours, or colours also where there is no terminal",
    "NEAREDGE_CACHE": "folder of proofs that several machines share",
    "HF_TOKEN, REGISTRY_AUTH_FILE, AWS_ACCESS_KEY_ID ...": "who asks, with --from and --resolve",
}


def pages(parser: argparse.ArgumentParser, version: str) -> Iterator[tuple[str, str]]:
    """File name and text of the page of the program, and of each command."""
    commands = commands_of(parser)
    yield "nearedge.1", _page(parser, "nearedge", version, commands)
    for name, command in commands.items():
        yield f"nearedge-{name}.1", _page(command, f"nearedge-{name}", version, commands_of(command))


def commands_of(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """The commands of a parser, by name."""
    for action in parser._actions:  # noqa: SLF001 - argparse lists them nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return action.choices
    return {}


def _page(
    parser: argparse.ArgumentParser, name: str, version: str, commands: Mapping[str, argparse.ArgumentParser]
) -> str:
    said = _filled(parser.description or "", parser)
    rows = [
        f'.TH "{name.upper()}" "1" "" "nearedge {version}" "nearedge"',
        ".SH NAME",
        f"{_text(name)} \\- {_text(said.partition('. ')[0].rstrip('.'))}",
        ".SH SYNOPSIS",
        _text(" ".join(parser.format_usage().removeprefix("usage: ").split())),
        ".SH DESCRIPTION",
        _text(said),
    ]
    if commands:
        rows.append(".SH COMMANDS")
        for key, command in commands.items():
            rows += [".TP", f".B {_text(key)}", _text(_filled(command.description or "", command))]
    rows.append(".SH OPTIONS")
    inner = list(commands.values()) if name != "nearedge" else []
    told = set()
    for action in (action for one in (parser, *inner) for action in one._actions):  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS:  # noqa: SLF001
            continue
        if (head := _head(action)) not in told:
            told.add(head)
            rows += [".TP", f".B {_text(head)}", _text(_filled(action.help or "", parser))]
    for title, listed in (("EXIT STATUS", EXIT_CODES), ("ENVIRONMENT", ENVIRONMENT)):
        rows.append(f".SH {title}")
        rows += [row for key, text in listed.items() for row in (".TP", f".B {_text(key)}", _text(text))]
    if found := list(examples_of(parser.prog)):
        rows.append(".SH EXAMPLES")
        rows += [row for line, text in found for row in (".TP", f".B {_text(line)}", _text(text))]
    return "".join(f"{row}\n" for row in rows)


def _head(action: argparse.Action) -> str:
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if not action.option_strings:
        return name
    value = "" if action.nargs == 0 else f" {name}"
    return f"{', '.join(action.option_strings)}{value}"


def _filled(text: str, parser: argparse.ArgumentParser) -> str:
    return text.replace("%(prog)s", parser.prog).replace("%%", "%")


def _text(text: str) -> str:
    """Text that roff takes for nothing else."""
    quoted = (
        text.replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("'", "\\(aq")
        .replace("^", "\\(ha")
        .replace("~", "\\(ti")
    )
    return f"\\&{quoted}" if quoted.startswith((".", "\\(aq")) else quoted
