"""The shapes of a plan's JSON: what report/plan/json.py fills and schemas/plan.json is made of, so that both say the same."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

Text = Annotated[str, Field(description="Text for people.")]
Clusters = Annotated[list[str], Field(description="Names of clusters.")]


class BaseJson(TypedDict):
    """What is compared with."""

    ref: Annotated[str, Field(description="The ref that was asked for.")]
    commit: Annotated[
        str, Field(description="The commit where this branch left it; empty where nothing is committed yet.")
    ]


class CountsJson(TypedDict):
    """Objects of all clusters and of the hub; a replaced one is both added and removed."""

    add: int
    change: int
    remove: int
    replace: Annotated[int, Field(description="Those of them that are replaced.")]


class FindingJson(TypedDict):
    """Something wrong, and where."""

    code: Annotated[str, Field(description="Code of the rule, as in `nearedge rules`.")]
    severity: Literal["error", "warning", "note"]
    file: str
    line: int
    column: int
    message: Text
    hint: Text


class RenameJson(TypedDict):
    """A cluster that went and came back under another name."""

    before: str
    after: str


class RingJson(TypedDict):
    """How much of a ring is touched."""

    name: Annotated[str, Field(description="Empty for clusters of no ring.")]
    touched: int
    clusters: int


class OrderJson(TypedDict):
    """Names of the elements of a list, in their order."""

    before: list[Any]
    after: list[Any]


class FieldJson(TypedDict):
    """One field of an object; a side that does not have it has no key."""

    path: Annotated[str, Field(description="As people write it: spec.containers[server].image.")]
    steps: Annotated[
        list[str | int | dict[str, Any]],
        Field(description="A key, the place in a list, or {key: value} that names an element of one."),
    ]
    before: NotRequired[Any]
    after: NotRequired[Any]
    order: Annotated[
        NotRequired[OrderJson], Field(description="When the elements of a list stand in another order.")
    ]


class ObjectJson(TypedDict):
    """Which object."""

    group: Annotated[str, Field(description="API group; empty for the core group.")]
    kind: str
    namespace: Annotated[str, Field(description="Empty for what has none.")]
    name: str


class ChangeJson(ObjectJson):
    """What happens to one object."""

    action: Literal["add", "change", "replace", "remove"]
    was: Annotated[str | None, Field(description="Name that a replaced object had.")]
    fields: list[FieldJson]
    clusters: Annotated[
        NotRequired[list[str]],
        Field(description="Of a hub's Policy or ApplicationSet: clusters that it reaches."),
    ]
    object: Annotated[
        NotRequired[dict[str, Any]],
        Field(description="With --cluster: the whole object, of one that comes or goes."),
    ]


class EffectJson(ObjectJson):
    """What follows from a change."""

    effect: Literal["re-create", "downtime", "left behind", "runs again", "restart", "later"]
    text: Text


class VerdictJson(TypedDict):
    """A workload that Kueue decides otherwise about."""

    kind: str
    namespace: str
    name: str
    before: Annotated[str, Field(description="ADMIT, IF-IDLE, NEVER, UNDECIDED; - for a new workload.")]
    after: Annotated[str, Field(description="ADMIT, IF-IDLE, NEVER or UNDECIDED.")]
    worse: bool
    reason: Text


class LevelJson(TypedDict):
    """How much is asked for, and how much there is: cpu in thousandths, everything else in units."""

    used: int
    of: Annotated[int | None, Field(description="Null where the spec does not say.")]


class MeterJson(TypedDict):
    """A room that is another one afterwards."""

    place: Annotated[
        str,
        Field(
            description="nodes, operators (their part of it), queue <namespace>/<name>, or storage <class>."
        ),
    ]
    resource: str
    before: LevelJson | None
    after: LevelJson | None
    overflows: Annotated[bool, Field(description="More is asked for than there is, and was not before.")]
    clusters: Clusters


class DownloadJson(TypedDict):
    """What one cluster pulls."""

    bytes: Annotated[int, Field(description="Those that are known.")]
    unknown: Annotated[int, Field(description="Images whose size only their registry knows.")]
    bandwidth: str | None
    seconds: Annotated[int | None, Field(description="For the known bytes, at 85 % of the bandwidth.")]
    window: str | None
    windowSeconds: int | None
    fitsWindow: bool | None


class ServerJson(TypedDict):
    """A model server."""

    namespace: str
    name: str
    model: str
    version: str
    runtime: str


class ContentsJson(TypedDict):
    """What a cluster runs, in a few words."""

    platform: str
    servers: list[ServerJson]
    others: Annotated[
        dict[str, list[str]], Field(description="Names by kind: queue, volume, RayCluster, RayJob, ...")
    ]


class ClusterJson(TypedDict):
    """What happens to one cluster."""

    name: str
    file: str
    tier: str
    ring: str
    action: Literal["add", "change", "remove"]
    objects: Annotated[
        int,
        Field(description="Objects that come, change or go; 0 when only its room or its platform differs."),
    ]
    changes: Annotated[
        list[ChangeJson], Field(description="Of a cluster that comes or goes; else in groups.")
    ]
    download: DownloadJson | None
    contents: Annotated[
        ContentsJson | None,
        Field(description="Of a cluster that comes or goes, or goes to another platform."),
    ]
    byHand: Annotated[
        list[ChangeJson], Field(description="As `changes`: objects of bootstrap/, where there is no hub.")
    ]


class VersionJson(TypedDict):
    """A part of a platform in another version."""

    part: str
    before: Annotated[str, Field(description="Empty where the platform has none.")]
    after: Annotated[str, Field(description="Empty where the platform has none.")]


class InstallJson(TypedDict):
    """An operator as it is installed."""

    package: str
    catalog: str
    channel: str | None
    csv: Annotated[str | None, Field(description="The newest version that may come, where some are named.")]
    approval: Annotated[
        str, Field(description="Automatic, or Manual: no version comes by itself but `versions`.")
    ]
    versions: Annotated[list[str], Field(description="The versions that may come.")]
    namespace: str


class OperatorJson(TypedDict):
    """An operator that clusters get, lose, or get otherwise."""

    name: str
    before: InstallJson | None
    after: InstallJson | None
    clusters: Clusters


class ApiJson(TypedDict):
    """A kind whose API version is another one."""

    kind: str
    before: str
    after: str


class PlatformJson(TypedDict):
    """Clusters that go to another platform, or whose operators alone are others."""

    before: str
    after: str
    clusters: Clusters
    versions: list[VersionJson]
    apis: Annotated[list[ApiJson], Field(description="Kinds in another API version.")]
    gone: Annotated[list[str], Field(description="What the platform no longer has.")]
    operators: list[OperatorJson]


class ReachJson(TypedDict):
    """Clusters that the hub gives something else as soon as acm/ is applied: no ring holds it back."""

    clusters: Clusters
    rings: list[RingJson]


class RingOrderJson(TypedDict):
    """The rings, in the order of the rollout."""

    before: list[str]
    after: list[str]


class ApplicationCountJson(TypedDict):
    """Applications of workloads on sites."""

    applications: int
    clusters: Annotated[int, Field(description="Clusters that have some.")]


class ApplicationsJson(TypedDict):
    """Applications of workloads, with delivery.applications: workload; the hub has one for each cluster all the same."""

    before: ApplicationCountJson
    after: ApplicationCountJson
    switched: Annotated[bool, Field(description="Workloads go to other Applications.")]
    kept: Annotated[bool, Field(description="delivery.handOver: root Applications take nothing away.")]


class GroupJson(TypedDict):
    """What is the same on all of these clusters and on no other."""

    clusters: Clusters
    dangerous: bool
    changes: list[ChangeJson]
    effects: list[EffectJson]
    byHand: Annotated[
        list[ChangeJson], Field(description="Objects of bootstrap/, where there is no hub: apply it again.")
    ]
    verdicts: list[VerdictJson]


class PullJson(TypedDict):
    """A model or an image that clusters pull."""

    kind: Literal["model", "image"]
    what: str
    bytes: Annotated[int | None, Field(description="Null when unknown.")]
    again: Annotated[
        bool, Field(description="It was there: a server without a volume downloads it once more.")
    ]
    clusters: Clusters


class ReasonJson(TypedDict):
    """Why a plan has at least this class."""

    cause: Annotated[str, Field(description="One of the causes that docs/plan.md lists.")]
    level: Literal["caution", "danger"]
    text: Text
    clusters: Annotated[list[str], Field(description="Empty for what is about the hub or the fleet.")]


class ClassJson(TypedDict):
    """How much of a person's attention the change asks for."""

    level: Literal["routine", "caution", "danger"]
    reasons: Annotated[list[ReasonJson], Field(description="The worst first; none for what is routine.")]


class PlanJson(TypedDict):
    """What a change of specs does to every cluster: the output of `nearedge plan --format json`."""

    formatVersion: Annotated[
        str, Field(description="Within the first number keys are only added.", pattern=r"^1\.[0-9]+$")
    ]
    base: BaseJson
    planClass: ClassJson
    files: Annotated[list[str], Field(description="Spec files that differ.")]
    counts: CountsJson
    findings: Annotated[list[FindingJson], Field(description="With an error in it nothing was compared.")]
    refused: Annotated[list[FindingJson], Field(description="Removals that nobody named.")]
    renames: list[RenameJson]
    rings: list[RingJson]
    clusters: list[ClusterJson]
    hub: Annotated[list[ChangeJson], Field(description="Changes of the hub's objects.")]
    hubReach: ReachJson
    platforms: list[PlatformJson]
    ringOrder: Annotated[RingOrderJson | None, Field(description="Null while it stays.")]
    applications: ApplicationsJson
    cluster: Annotated[str | None, Field(description="The only one that is shown (--cluster).")]
    groups: list[GroupJson]
    capacity: Annotated[list[MeterJson], Field(description="Room before and after, the fullest first.")]
    pulls: list[PullJson]
