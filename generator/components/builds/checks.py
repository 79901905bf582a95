"""What must hold of a cluster that makes images."""

from __future__ import annotations

from collections.abc import Iterator

from ...documents.near import meant
from ...facts.operators import offered, operators
from ...findings.finding import MODELS as MODEL_FILES
from ...findings.finding import Path, Severity
from ...findings.rule import Problem, rule
from ...specs.quantity import parse
from ..kit.component import Cluster
from ..kit.images_in import uses_mirror
from ..namespaces import places
from .pipeline import workspace_size
from .schedule import fault
from .spec import Builds
from .units import BUILDS, items


def _said(cluster: Cluster) -> Iterator[Builds]:
    said = cluster.part(BUILDS)
    if said is not None:
        yield said


def place(cluster: Cluster, name: str) -> Path:
    """Where a cluster lists a model to be built."""
    return ("builds", "models", cluster.spec.builds.models.index(name))


@rule("BUILD001", source="what trains is in the data center; a near-edge cluster runs servers")
def only_the_core_builds(cluster: Cluster) -> Iterator[Problem]:
    """Images are made on a cluster of tier core.

    A near-edge cluster pulls what was built over its line; it has neither the room nor the registries for more.
    """
    if cluster.part(BUILDS) is not None and cluster.spec.tier != "core":
        said = f"{cluster.name} is a cluster of tier {cluster.spec.tier}"
        yield Problem(("builds",), said, "move builds to a cluster in clusters/core/")


@rule("BUILD002", source="components/builds/units.py")
def built_models_say_how(cluster: Cluster) -> Iterator[Problem]:
    """Each model that is built is there, and says in `build` how; it is listed once.

    Nothing would be made for it, and nobody would miss it before the image is asked for.
    """
    for said in _said(cluster):
        for i, name in enumerate(said.models):
            path: Path = ("builds", "models", i)
            model = cluster.models.get(name)
            if model is None:
                hint = meant(name, list(cluster.models), "add it to clusters/models/")
                yield Problem(path, f"there is no model {name}", hint)
            elif model.build is None:
                hint = "build: {from: ..., image: {kind: ...}, push: [{to: ...}]} in its file"
                yield Problem(
                    path, f"model {name} does not say how it is built", hint, ((MODEL_FILES, name),)
                )
            if name in said.models[:i]:
                yield Problem(path, f"{name} is listed twice", "drop one of them")


@rule("BUILD003", source="NetworkPolicy allow-builds of components/namespaces/network.py; restricted pods")
def builds_have_a_namespace_of_their_own(cluster: Cluster) -> Iterator[Problem]:
    """The namespace of the builds holds nothing else.

    Its Secrets may push to registries and write to the fleet's repository: whoever may start a pod there has them.
    """
    others = {namespace for path, namespace, _ in places(cluster) if path[0] not in {"builds", "configMaps"}}
    for said in _said(cluster):
        if said.namespace in others:
            message = f"namespace {said.namespace} holds something else"
            yield Problem(("builds", "namespace"), message, "give the builds their own")


@rule("BUILD004", source="components/builds/pipeline.py: which image a step runs in")
def steps_have_their_images(cluster: Cluster) -> Iterator[Problem]:
    """Builds that need git, nearedge or cosign name an image that has it; nearedge ships none.

    The Pipeline would have no such step: nothing would be fetched, signed or asked for.
    """
    for said in _said(cluster):
        if said.images.tools is None:
            for what in _tooled(said, cluster):
                hint = "images: {tools: ...@sha256:...}, as ci/Containerfile of `nearedge init --ci tekton` makes it"
                yield Problem(("builds", "images"), f"{what}, and no image has git and nearedge", hint)
                break
        signed = [name for name, _, build in items(cluster) if build.sign]
        if signed and said.images.cosign is None:
            message = f"{signed[0]} is to be signed, and no image has cosign"
            related: tuple[Path, ...] = ((MODEL_FILES, signed[0], "build", "sign"),)
            yield Problem(("builds", "images"), message, "images: {cosign: ...@sha256:...}", related)


def _tooled(said: Builds, cluster: Cluster) -> Iterator[str]:
    for name, _, build in items(cluster):
        if build.from_.git or build.image.containerfile:
            yield f"{name} is built from Git"
    if said.promote is not None:
        yield "builds are promoted"


@rule("BUILD005", source="components/builds/pipeline.py: the model is fetched to the volume of the run")
def the_workspace_holds_the_model(cluster: Cluster) -> Iterator[Problem]:
    """The volume of a build has room for the model, and is of a storage class that the cluster declares.

    The step that fetches would fill it and fail; a claim of an unknown class is never bound.
    """
    for said in _said(cluster):
        size, named = said.workspace.size, said.workspace.class_
        for name, model, _ in items(cluster):
            if size is not None and parse(size) < parse(model.size):
                message = f"the workspace has {size}, {name} needs {model.size}"
                hint = f"give it {workspace_size(model)}"
                yield Problem(("builds", "workspace", "size"), message, hint, ((MODEL_FILES, name, "size"),))
        known = [item.class_ for item in cluster.spec.storage]
        if named is not None and named not in known:
            hint = meant(named, known, f"declared: {', '.join(known) or 'none'}")
            yield Problem(
                ("builds", "workspace", "class"), f"the cluster declares no storage class {named}", hint
            )
        if named is None and not any(item.default for item in cluster.spec.storage):
            message = "the volumes of builds name no storage class, and none is the default"
            yield Problem(("builds", "workspace"), message, "workspace: {class: ...}")


@rule("BUILD006", Severity.WARNING, source="data/operators/pipelines.yaml")
def tekton_is_installed(cluster: Cluster) -> Iterator[Problem]:
    """Builds run where OpenShift Pipelines comes from the operator catalog.

    Elsewhere Tekton has to be there already, with set-security-context "true" in ConfigMap feature-flags: its own
    containers are refused in a namespace of restricted pods without it.
    """
    if cluster.part(BUILDS) is not None and not offered(operators()["pipelines"], cluster.profile):
        said = f"{cluster.profile.name} has no operator catalog: nothing installs Tekton"
        yield Problem(("builds",), said, "install it there, with set-security-context")


@rule("BUILD007", source="kubelet: the image under test is pulled by the node")
def what_is_tested_can_be_pulled(cluster: Cluster) -> Iterator[Problem]:
    """Where nodes pull from the mirror only, images are pushed to the mirror's registry first.

    With NeverContactSource a node asks no other registry, and the mirror has no image that was just built: its test would
    wait for it for ever.
    """
    mirror = cluster.fleet.mirror
    if mirror is None or not uses_mirror(cluster) or mirror.mirrorSourcePolicy != "NeverContactSource":
        return
    for name, _, build in items(cluster):
        if build.test is not None and not f"{build.push[0].to}/".startswith(f"{mirror.registry}/"):
            said = f"{name} is pushed to {build.push[0].to} first, and nodes pull from {mirror.registry} only"
            hint = f"push: [{{to: {mirror.registry}/...}}] as the first of them"
            related: tuple[Path, ...] = ((MODEL_FILES, name, "build", "push", 0),)
            yield Problem(place(cluster, name), said, hint, related)


@rule("BUILD008", source="kubernetes: names of objects; components/builds/pipeline.py")
def names_fit(cluster: Cluster) -> Iterator[Problem]:
    """A model that is built has a name of 40 characters at most.

    A CronJob called build-<model>-git may have 52 characters, and the pods of its runs have 63.
    """
    for name, _, _ in items(cluster):
        if len(name) > LONGEST:
            yield Problem(place(cluster, name), f"{name} has {len(name)} characters", f"at most {LONGEST}")


LONGEST = 40


@rule("BUILD017", source="components/builds/trust.py; opendatahub-operator v3.5.0 trustedCABundle")
def one_bundle_is_believed(cluster: Cluster) -> Iterator[Problem]:
    """With trustedCABundle, builds are on a platform that brings the certificates, and name no other bundle.

    Elsewhere their pods wait for a ConfigMap that nobody makes. Of two bundles one would count.
    """
    for said in _said(cluster):
        path: Path = ("builds", "trustedCABundle")
        if said.trustedCABundle and cluster.profile.family != "odh":
            message = f"{cluster.profile.name} has no Open Data Hub, which brings the certificates"
            hint = "models: {caBundle: NAME}, a ConfigMap of the builds' namespace with all CAs in key cabundle.crt"
            yield Problem(path, message, hint)
        other = cluster.spec.models.caBundle
        if said.trustedCABundle and other is not None:
            message = f"builds trust what the cluster does, and ConfigMap {other} of models.caBundle"
            yield Problem(path, message, "keep one of them", (("models", "caBundle"),))


@rule(
    "BUILD018",
    source="kubernetes pkg/apis/batch/validation validateScheduleFormat; robfig/cron v3 parser.go, spec.go",
)
def schedules_can_be_kept(cluster: Cluster) -> Iterator[Problem]:
    """`schedule` and `gitPoll` are schedules that Kubernetes can read, and that come.

    The API server refuses a CronJob with an hour 25, or a Sunday that is called 7; the 30th of February is no fault to
    it, and nothing is ever built.
    """
    for said in _said(cluster):
        for key in ("schedule", "gitPoll"):
            schedule = getattr(said.triggers, key)
            why = fault(schedule) if schedule else ""
            if why:
                hint = 'minute hour day month weekday, Sunday is 0: "0 2 * * 0"'
                yield Problem(("builds", "triggers", key), f"{schedule} is no schedule: {why}", hint)


@rule("BUILD019", source="templates/builds/promote.sh: nearedge promote --ring")
def promotions_are_for_a_ring(cluster: Cluster) -> Iterator[Problem]:
    """`promote.ring` of builds is one of delivery.rings.

    Each build would end with its last step, after the image was pushed.
    """
    rings = [ring.name for ring in cluster.fleet.delivery.rings]
    for said in _said(cluster):
        ring = said.promote.ring if said.promote else None
        if ring is not None and ring not in rings:
            hint = meant(ring, rings, f"rings: {', '.join(rings)}")
            yield Problem(("builds", "promote", "ring"), f"there is no ring {ring}", hint)
