"""The Model Context Protocol by its own SDK (`nearedge[mcp]`): the only module that knows of it. Every tool only reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from .. import __version__
from ..errors import NearedgeError
from .answers import PAGE, Fleet

P = ParamSpec("P")
READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
ABOUT = (
    "Specs of a fleet of near-edge OpenShift clusters (clusters/) and what nearedge compiles of them."
    " Everything here reads; a person changes specs and runs nearedge render."
)


def serve(fleet: Fleet) -> None:
    """Answer one assistant over standard streams until it leaves."""
    made(fleet).run("stdio")


def made(fleet: Fleet) -> MCPServer:
    """A server that answers about a fleet."""
    server = MCPServer("nearedge", version=__version__, instructions=ABOUT, log_level="ERROR")
    tool = server.tool

    @tool(name="list", annotations=READS, structured_output=False)
    @_said
    def list_(  # noqa: PLR0913, PLR0917 - what the command takes
        kind: str,
        names: list[str] | None = None,
        selector: str = "",
        rings: list[str] | None = None,
        groups: list[str] | None = None,
        offset: int = 0,
        limit: int = PAGE,
    ) -> str:
        """List clusters, models, services, queues, builds, images, operators or findings. names take *, selector is as in kubectl: region=emea,site!=berlin."""
        return fleet.listed(
            kind, names or (), selector, rings or (), groups or (), offset=offset, limit=limit
        )

    @tool(annotations=READS, structured_output=False)
    @_said
    def show(name: str, defaults: bool = False) -> str:  # noqa: FBT001, FBT002 - the protocol names its arguments
        """Show one cluster, model or group: its spec as it counts, the line that says each value, what runs there, findings."""
        return fleet.shown(name, defaults=defaults)

    @tool(annotations=READS, structured_output=False)
    @_said
    def explain(subject: str, path: str = "") -> str:
        """Where a value comes from and ends up: a name with a path (store-001, serving[assistant].resources), or FILE:LINE of a spec or of the output."""
        return fleet.explained(subject, path)

    @tool(annotations=READS, structured_output=False)
    @_said
    def check(codes: str = "", severity: str = "", offset: int = 0, limit: int = PAGE) -> str:
        """Everything that is wrong with the specs. codes: only rules that begin so (SERVE); severity: error, warning or note, and worse."""
        return fleet.checked(codes, severity, offset=offset, limit=limit)

    @tool(annotations=READS, structured_output=False)
    @_said
    def plan(base: str = "", cluster: str = "") -> str:
        """What the specs on disk change on every cluster since a branch, tag or commit (default: the remote's default branch); all of one cluster with its name."""
        return fleet.planned(base, cluster)

    @tool(annotations=READS, structured_output=False)
    @_said
    def rules(prefix: str = "") -> str:
        """The rules that specs are checked with, explained; those whose codes begin with prefix."""
        return fleet.ruled(prefix)

    return server


def _said(answer: Callable[P, str]) -> Callable[P, str]:
    """What cannot be answered is said to the assistant, in the sentence that a person would get."""

    @wraps(answer)
    def told(*args: P.args, **kwargs: P.kwargs) -> str:
        try:
            return answer(*args, **kwargs)
        except (NearedgeError, OSError) as error:
            raise ToolError(str(error)) from None

    return told
