"""The command line: the only package that prints, reads the clock and decides on exit codes.

A command is one module of `commands/`: `arguments(parser)` declares what it takes, `run(options)` does it and gives the exit code
(exits.py). What a command needs is imported when it runs, so that `--help` stays quick.

Comes in: arguments. Goes out: text and an exit code. Not here: work that a library user could want.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, NoReturn

from .. import __version__
from ..errors import NearedgeError
from . import exits, streams
from .manual.examples import examples_text
from .root import add_root

# Order of --help: what people run most comes first.
COMMANDS = {
    "check": "report everything that is wrong with clusters/; write nothing",
    "render": "compile clusters/ into base/, overlays/ and acm/, and prove the result",
    "plan": "show what the specs change on every cluster since a commit",
    "publish": "commit specs and output, push them, and open or update one pull request with the plan",
    "comment": "write a plan into the one comment of a pull request, with its class as a label; for CI",
    "rollout": "show where the rings are, move one forward or back, simulate how long it takes",
    "list": "list clusters, models, services, queues, images, operators or findings",
    "show": "show a cluster, model or group: its spec as it counts, who says each value, what runs there",
    "report": "write the fleet, or a plan, as one HTML page that needs no network",
    "explain": "show where a value comes from and ends up, or which spec a line of output has",
    "set": "change one value of a spec or of many in place, and render",
    "upgrade": "move clusters to another platform, ring by ring, with what cannot stay beside it",
    "migrate": "move a model and its servers from Caikit to vLLM, and say what clients change",
    "promote": "give a model or an image another version, for all, or for rings, groups and clusters",
    "deploy": "serve a model on the clusters that are meant",
    "undeploy": "serve a model no longer on the clusters that are meant",
    "init": "write a new fleet repository that renders, or CI for one",
    "import": "read manifests that you have, and say them as specs, with an account of every field",
    "add": "add a cluster, group or model, or a server, queue, Ray workload or credential of clusters",
    "retire": "take clusters out of the fleet, in two steps",
    "verify": "prove what is on disk: kustomize, schemas, references, pod security",
    "models": "compute a model's checksums, or print what uploads its files onto a volume",
    "mirror": "list every image, model and operator that clusters pull",
    "merge": "merge the list of a hub's files, for git: as its merge driver",
    "teams": "list the teams and what they may use, or write who owns their files into CODEOWNERS",
    "rules": "list the rules, or explain one of them",
    "lsp": "serve editors: findings while you type, completion, hover, rename, mends",
    "mcp": "answer assistants over the Model Context Protocol; read-only",
    "doctor": "say which programs, schemas and folders are there, and what to do where one is missing",
    "profiles": "list the platform and hub releases that specs can name",
    "help": "show the help of a command, say what a word means, or write the manual pages",
    "completion": "print what bash, zsh or fish need to complete commands and the names of a fleet",
    "schema": "write the JSON Schemas of the spec kinds and of the plan to schemas/",
}


WINDOWS = (
    "it does not run on Windows itself: locks (fcntl), links and the names of files are those of Linux and macOS. "
    "Run it in WSL 2 or in a container; specs can be edited and committed from Windows"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if sys.platform == "win32":
        sys.stderr.write(f"nearedge: {WINDOWS}\n")
        return exits.ENVIRONMENT
    # Nothing of nearedge is a plugin of pydantic: it need not look through all that is installed, nor run what it finds.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    with streams.watched() as (out, err):
        try:
            if out.is_closed:
                raise streams.OutputClosed
            return _run(given, out, err)
        except NearedgeError as error:
            err.tell(_sentence(str(error)))
            return error.exit_code
        except KeyboardInterrupt:
            err.tell("nearedge: interrupted\n")
            return 130
        except BrokenPipeError:
            # The reader (head, less) has seen enough.
            out.silence()
            return streams.BROKEN_PIPE
        except OSError as error:
            return _environment(error, out, err)


def _run(given: Sequence[str], out: streams.Stream, err: streams.Stream) -> int:
    try:
        options = _parser(given).parse_args(given)
        out.manner = err.manner = streams.Manner(options.quiet, options.verbose, options.no_color)
        code = int(options.run(options))
    except SystemExit:
        # --help and --version print as well.
        out.settled()
        raise
    try:
        out.settled()
    except BrokenPipeError:
        out.silence()
    return code


def _environment(error: OSError, *named: streams.Stream) -> int:
    """Say what the system does not let us do; the exit code."""
    full = next((stream for stream in named if stream.fault is error), None)
    if full is not None:
        full.silence()
        named[-1].tell(f"nearedge: {full.name} cannot be written: {error.strerror or error}\n")
        return exits.ENVIRONMENT
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    named[-1].tell(_sentence(f"{where}{error.strerror or error}"))
    return exits.ENVIRONMENT


def _sentence(text: str) -> str:
    """What is wrong, for a terminal: names of files and words of others do not steer it."""
    from ..report.text import printable

    return "".join(f"{printable(line)}\n" for line in f"nearedge: {text}".split("\n"))


_CHOICES = re.compile(r"invalid choice: '(?P<given>.*)' \(choose from (?P<known>.*)\)", re.DOTALL)


def _meant(message: str) -> str:
    """What was probably meant by a word that is none of the choices."""
    from ..documents.near import nearest

    found = _CHOICES.search(message)
    near = found and nearest(found["given"], re.findall(r"[\w.-]+", found["known"]))
    return f": did you mean {near}?" if near else ""


def _option(left: Sequence[str], command: argparse.ArgumentParser) -> str:
    """What was probably meant by the first option that is none."""
    from ..documents.near import nearest

    given = next((word.partition("=")[0] for word in left if word.startswith("--")), "")
    names = (name for action in _options(command) for name in action.option_strings)
    # The dashes are alike in all of them.
    known = [name.removeprefix("--") for name in names if name.startswith("--")]
    near = nearest(given.removeprefix("--"), known) if given else None
    return f": did you mean --{near}?" if near else ""


def _refuse_empty(command: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """An option that is given without a value, as `--base "$BASE"` does where BASE is unset, is no option left out."""
    known = {name: action for action in _options(command) for name in action.option_strings}
    given = given[: given.index("--")] if "--" in given else given
    for word, following in zip(given, [*given[1:], None], strict=True):
        name, sign, value = word.partition("=")
        action = known.get(name)
        empty = not value if sign else following == ""
        if action is not None and action.nargs is None and action.dest != "message" and empty:
            command.error(f"{name} is given, but empty")


def _options(command: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in command._actions:  # noqa: SLF001 - argparse lists them nowhere else
        yield action
        for inner in action.choices.values() if isinstance(action.choices, dict) else ():
            yield from _options(inner)


class _Parser(argparse.ArgumentParser):
    """argparse with our exit code for usage errors: 2 means "changes" elsewhere in this field."""

    commands: Mapping[str, argparse.ArgumentParser] = MappingProxyType({})

    def error(self, message: str) -> NoReturn:
        streams.tell(f"{self.format_usage()}{self.prog}: {message}{_meant(message)}\n")
        raise SystemExit(exits.USAGE)

    def format_help(self) -> str:
        """As ever, with examples at the end."""
        return super().format_help() + examples_text(self.prog)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As ever, but what is left over is an error of the command that has been given, not of the program."""
        name = next((word for word in args if word in self.commands), "")
        takes_values = bool(name) and self.commands[name].get_default("intermixed")
        if name:
            _refuse_empty(self.commands[name], args)
        parsed, left = self.parse_known_args(args, namespace)
        if left:
            command = next((self.commands[word] for word in args if word in self.commands), self)
            value = "; a value that begins with - stands behind --" if takes_values else ""
            command.error(f"unrecognized arguments: {' '.join(left)}{_option(left, command)}{value}")
        return parsed

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As ever, but options may stand between the words of a command that asks for it (`set`)."""
        if not self.get_default("intermixed"):
            return super().parse_known_args(args, namespace)
        self.set_defaults(intermixed=False)
        return self.parse_known_intermixed_args(args, namespace)


class _Listed(argparse.ArgumentParser):
    """A command that nobody mentions: it is told of, and not made, as to make all takes longer than the rest of --help."""

    def __init__(self) -> None:
        # All that is asked of it is which options it has.
        self._actions = []


def parser_of(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser with the arguments of the commands that `given` mentions."""
    return _parser(given)


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """All commands by name; only those that `given` mentions with their arguments, as the others cannot run."""
    parser = _Parser(
        prog="nearedge",
        description="Compile cluster specs into Kustomize bases, overlays and ACM objects.",
        epilog="nearedge help COMMAND shows the options of a command, with examples.",
    )
    parser.add_argument("--version", action="version", version=f"nearedge {__version__}")

    def made(**said: Any) -> argparse.ArgumentParser:
        return _Parser(**said) if said["prog"].split()[-1] in given else _Listed()

    told: dict[str, Any] = {"title": "commands", "metavar": "COMMAND", "required": True, "parser_class": made}
    commands = parser.add_subparsers(**told)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name in given:
            add_root(command)
            module = import_module(f".commands.{name}", __package__)
            module.arguments(command)
            command.set_defaults(run=module.run)
    parser.commands = commands.choices
    return parser
