"""Rules about the arguments of model servers, held against what the servers take (facts/flags.py)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ....facts.flags import Known, release_of, releases
from ....facts.images import image
from ....findings.finding import MODELS, Path, Severity
from ....findings.rule import Problem, rule
from ...kit.arguments import Given, Stray, close, number, parsed, spelled, wrong
from ...kit.component import Cluster
from ..spec import Service, is_llm, items, runtimes

VLLM_SOURCE = "vllm v0.21.0 vllm/engine/arg_utils.py, vllm/entrypoints/openai/cli_args.py"


class Line(NamedTuple):
    """The command line of a server, and what its server would make of it."""

    number: int
    item: Service
    known: Known
    words: tuple[Given | Stray, ...]

    @property
    def given(self) -> Iterator[Given]:
        """Its flags."""
        return (word for word in self.words if isinstance(word, Given))

    def at(self, j: int) -> Path:
        """Path of one word."""
        return ("serving", self.number, "args", j)


def image_of(item: Service, cluster: Cluster) -> str:
    """The image that serves an item: its own, else the fleet's."""
    shipped = runtimes()[item.runtime].flags
    return item.image or (image(shipped, cluster.images) if shipped else "")


def known_of(item: Service, cluster: Cluster) -> Known | None:
    """The release of its server; None where there is no data of it."""
    server = runtimes()[item.runtime].flags
    return release_of(server, image_of(item, cluster), cluster.profile.name) if server else None


def lines(cluster: Cluster) -> Iterator[Line]:
    """Command lines of all servers whose flags are known; settings by environment are no command line."""
    for i, item in items(cluster):
        found = known_of(item, cluster)
        if found is not None and item.args and item.runtime != "mlserver":
            words = parsed(item.args, found.flags, loose=item.runtime == "vllm")
            yield Line(i, item, found, tuple(words))


def release_said(found: Known) -> str:
    """vLLM 0.18.0, with a word about how that is known."""
    title = {"vllm": "vLLM", "ovms": "OVMS", "tgis": "TGIS", "mlserver": "MLServer"}[found.server]
    version = found.version if len(found.version) < 20 else found.version[:7]  # noqa: PLR2004 - a commit
    told = "" if found.exact else " as the nearest known release"
    return f"{title} {version}{told}"


_TWO = re.compile(r"--?[A-Za-z][\w.-]*\s+\S")


@rule("SERVE028", source="each item of args is one word of the command line: Kubernetes starts no shell")
def arguments_are_words(cluster: Cluster) -> Iterator[Problem]:
    """Each item of args is one word: a flag and its value are two, or joined by =, and no blank is around them.

    The server takes `--max-model-len 4096` in one item, or a flag with a blank behind it, for a flag of that long
    name, knows none and ends.
    """
    for i, item in items(cluster):
        for j, word in enumerate(item.args):
            path = ("serving", i, "args", j)
            if word != word.strip():
                yield Problem(path, f'"{word}" begins or ends with a blank', f'write "{word.strip()}"')
            elif _TWO.match(word):
                flag, value = word.split(maxsplit=1)
                said = f'"{word}" is one word to {item.runtime}, with a blank in it'
                yield Problem(path, said, f'write "{flag}={value}", or two items: ["{flag}", "{value}"]')


def _words(item: Service) -> frozenset[str]:
    """Names of the flags that are ours: the runtime's, and those of the fields that the item says."""
    ours = {name.lstrip("-") for name in runtimes()[item.runtime].reserved}
    return frozenset(ours | ({"enable-lora", "lora-modules"} if item.lora else set()))


@rule("SERVE010", source=VLLM_SOURCE)
def arguments_are_not_ours(cluster: Cluster) -> Iterator[Problem]:
    """Args hold no flag that the runtime sets itself, in whatever spelling.

    The server would get it twice: some refuse to start, others serve under another name or port than KServe
    asks. vLLM reads --served_model_name and a beginning such as --served-model as the flag itself.
    """
    for line in lines(cluster):
        ours = _words(line.item)
        for word in line.given:
            if word.name in ours:
                who = "nearedge" if is_llm(line.item) else f"runtime {line.item.runtime}"
                said = f"{who} sets --{word.name} itself"
                told = said if word.written == f"--{word.name}" else f"{said}, which {word.written} is too"
                yield Problem(line.at(word.place), told, _instead(word, line.item))


def _instead(word: Given, item: Service) -> str:
    named = runtimes()[item.runtime].names_model
    return "say servedModelName" if named and named.lstrip("-") == word.name else "drop it"


BREAKING = {
    "host": "probes, and the Service, ask the pod's own address",
    "uds": "the server listens on a file instead of its port",
    "ssl-keyfile": "probes and the router ask by plain HTTP",
    "ssl-certfile": "probes and the router ask by plain HTTP",
    "ssl-ca-certs": "probes and the router ask by plain HTTP",
    "ssl-cert-reqs": "probes and the router show no certificate",
    "headless": "no API answers the probes",
    "grpc": "no HTTP answers the probes",
    "tls-cert-path": "probes and Caikit ask without TLS",
    "tls-key-path": "probes and Caikit ask without TLS",
    "tls-client-ca-cert-path": "probes and Caikit ask without TLS",
    "rest_bind_address": "probes, and the Service, ask the pod's own address",
    "pull": "the server fetches a model and ends",
    "list_models": "the server lists models and ends",
    "add_to_config": "the server writes a file and ends",
    "remove_from_config": "the server writes a file and ends",
    "version": "the server says its version and ends",
    "help": "the server says its flags and ends",
}
"""Flag -> why our probes, the Service or the router would not reach the server any more."""

EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - what a person may write
_ADDRESSES = frozenset({"host", "rest_bind_address"})


@rule("SERVE029", source=f"{VLLM_SOURCE}; generator/components/runtimes: httpGet probes without TLS")
def arguments_leave_the_probes_alone(cluster: Cluster) -> Iterator[Problem]:
    """Args do not take the server off the address, port and scheme that probes and callers use.

    The pod never becomes ready, is killed when its startup budget is over, and starts again for ever. TLS and tokens
    are the platform's: `exposed` and `auth`.
    """
    for line in lines(cluster):
        for word in line.given:
            why = BREAKING.get(word.name or "")
            everywhere = word.name in _ADDRESSES and {value for _, value in word.values} <= EVERYWHERE
            # The presets of an LLMInferenceService answer by TLS, with a certificate of their own.
            if why and not everywhere:
                said = f"--{word.name} keeps {line.item.name} from becoming ready: {why}"
                yield Problem(line.at(word.place), said, "drop it")


def _unlike(line: Line) -> Iterator[Problem]:
    """Flags that the server does not know, and values that it does not take."""
    asked_for_task = any(word.name == "task" for word in line.given)
    for word in line.words:
        if isinstance(word, Stray):
            said = f"{word.written} belongs to no flag of {line.item.name}"
            hint = "join it to its flag by =" if word.place else "begin with a flag"
            yield Problem(line.at(word.place), said, hint)
        elif word.name is None:
            # A task of OVMS has flags of its own.
            if not (line.known.server == "ovms" and asked_for_task):
                yield Problem(line.at(word.place), *_unknown(word, line))
        elif found := wrong(word, line.known.flags[word.name]):
            said = f"--{word.name} {found} ({release_said(line.known)})"
            yield Problem(line.at(word.values[0][0] if word.values else word.place), said, _form(word, line))


def _unknown(word: Given, line: Line) -> tuple[str, str]:
    said = f"{release_said(line.known)} has no flag {word.written}"
    name = spelled(word.written, loose=line.item.runtime == "vllm")[0]
    having = [version for version, flags in releases(line.known.server).items() if name in flags]
    if having:
        return (
            said,
            f"{' and '.join(having)} {'have' if len(having) > 1 else 'has'} it: another image, or drop it",
        )
    near = close(name, line.known.flags)
    return (
        said,
        f"did you mean --{near}?" if near else "drop it: the server ends at a flag that it does not know",
    )


def _form(word: Given, line: Line) -> str:
    flag = line.known.flags[word.name or ""]
    if flag.kind == "flag":
        return f"write --{word.name} alone" + (f", or --no-{word.name}" if flag.negated else "")
    if flag.kind == "json":
        return f"""write --{word.name}='{{"key": "value"}}', or key by key: --{word.name}.key=value"""
    return "" if flag.default is None else f"left out it is {flag.default}"


def _judged(line: Line) -> tuple[Problem, ...]:
    """Of words with a blank, and of flags that are ours, other rules speak."""
    silent = {j for j, word in enumerate(line.item.args) if word != word.strip() or _TWO.match(word)}
    ours = _words(line.item)
    silent |= {word.place for word in line.given if word.name in ours or word.name in BREAKING}
    return tuple(problem for problem in _unlike(line) if problem.path[-1] not in silent)


@rule("SERVE030", source=f"{VLLM_SOURCE}; data/flags")
def arguments_are_the_servers(cluster: Cluster) -> Iterator[Problem]:
    """Each flag in args is one that the server has, with a value that it takes: of its type, within its bounds.

    The server ends as soon as it starts, on every site, and starts again for ever. Which release an image holds is in
    data/flags/images.yaml; a flag that only another release has is said so.
    """
    for line in lines(cluster):
        if line.known.exact:
            yield from _judged(line)


@rule("SERVE031", Severity.WARNING, source=f"{VLLM_SOURCE}; data/flags")
def arguments_are_probably_the_servers(cluster: Cluster) -> Iterator[Problem]:
    """The same where nobody here knows which release an image holds: it is judged by the nearest one.

    That is the release that the platform brings, else the newest that is known. A flag that another release has is no
    finding.
    """
    for line in lines(cluster):
        if not line.known.exact:
            others = {name for flags in releases(line.known.server).values() for name in flags}
            for problem in _judged(line):
                name = spelled(line.item.args[int(problem.path[-1])], loose=True)[0]
                if name in line.known.flags or name not in others:
                    yield problem


@rule("SERVE032", source="vllm v0.21.0 vllm/config/model.py get_and_verify_max_model_len")
def context_is_the_models(cluster: Cluster) -> Iterator[Problem]:
    """The --max-model-len of a vLLM is at most the contextLength of its model.

    vLLM refuses to start with a longer one, unless its configuration is overridden (--hf-overrides, --rope-scaling)
    or VLLM_ALLOW_LONG_MAX_MODEL_LEN says that wrong answers are meant.
    """
    for line in lines(cluster):
        model = cluster.models.get(line.item.model)
        if line.known.server != "vllm" or model is None or model.memory is None or _overridden(line):
            continue
        most = model.memory.contextLength
        for word in line.given:
            flag = line.known.flags.get("max-model-len")
            value = number(word.values[0][1], flag) if flag and word.values else None
            if word.name == "max-model-len" and value is not None and value > most:
                said = (
                    f"--max-model-len {int(value)} is more than the contextLength {most} of {line.item.model}"
                )
                where: Path = (MODELS, line.item.model, "memory", "contextLength")
                hint = "leave it out, or say a shorter one; a model that can do more says so in contextLength"
                yield Problem(line.at(word.values[0][0]), said, hint, (where,))


def _overridden(line: Line) -> bool:
    told = {word.name for word in line.given}
    longer = any(entry.name == "VLLM_ALLOW_LONG_MAX_MODEL_LEN" for entry in line.item.env)
    return bool(told & {"hf-overrides", "rope-scaling"}) or longer


@rule(
    "SERVE033",
    Severity.WARNING,
    source="argparse and cxxopts: of a flag that stands twice the last one counts",
)
def arguments_stand_once(cluster: Cluster) -> Iterator[Problem]:
    """A flag stands once in args.

    Of two the server takes the last, whatever the first one says; TGIS refuses to start.
    """
    for line in lines(cluster):
        plain = [word for word in line.given if word.name and not word.key]
        count = Counter(word.name for word in plain if not line.known.flags[word.name or ""].repeated)
        seen: set[str | None] = set()
        for word in plain:
            if word.name in seen and count[word.name] > 1:
                said = f"--{word.name} stands {count[word.name]} times in args of {line.item.name}"
                yield Problem(line.at(word.place), said, "keep one")
            seen.add(word.name)
