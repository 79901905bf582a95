"""What must hold of a model's `build`, asked of the cluster that carries it out."""

from __future__ import annotations

from collections.abc import Iterator

from ...documents.near import meant
from ...findings.finding import MODELS as MODEL_FILES
from ...findings.finding import Path, Severity
from ...findings.rule import Problem, rule
from ...specs.build import Build
from ..kit.component import Cluster
from ..kit.images_in import is_short
from ..serving.spec import runtimes
from .checks import place
from .containerfile import asked
from .units import BUILDS, items

ANY_FORMAT = ("modelcar", "custom")


@rule("BUILD010", Severity.WARNING, source="opendatahub-io/ai-edge: its build pipeline tests each image")
def built_images_are_tested(cluster: Cluster) -> Iterator[Problem]:
    """A model that is built in its server has a test: a request, and the answer to it.

    An image that starts is pushed, signed and asked for, whatever it answers.
    """
    for name, _, build in items(cluster):
        if build.test is None and build.image.kind != "modelcar":
            said = f"nothing tests the image of {name} before it is pushed"
            hint = "build.test: {data: test/data.json, expected: test/output.json}"
            yield Problem(place(cluster, name), said, hint, ((MODEL_FILES, name, "build"),))


@rule("BUILD011", source="components/runtimes/: the formats that each server knows")
def servers_know_the_format(cluster: Cluster) -> Iterator[Problem]:
    """A model is built into a server that serves its format.

    The image would be built, and its server end with an error. A Caikit model is served by two containers, so it is packaged
    as a modelcar.
    """
    known = runtimes()
    for name, model, build in items(cluster):
        kind = build.image.kind
        if kind in ANY_FORMAT or model.format in known[kind].formats:
            continue
        fitting = [
            item.name for item in known.values() if model.format in item.formats and item.name in _BUILT
        ]
        said = f"{name} has the format {model.format}, {kind} serves {', '.join(known[kind].formats)}"
        hint = f"kind: {' or '.join((*fitting, 'modelcar'))}"
        yield Problem(place(cluster, name), said, hint, ((MODEL_FILES, name, "build", "image", "kind"),))


_BUILT = ("mlserver", "ovms", "vllm")


@rule("BUILD012", source="specs/build.py")
def fields_of_a_build_go_together(cluster: Cluster) -> Iterator[Problem]:
    """A build has the fields of its source and of its kind of image, and no others.

    The others would be read by nobody: another image would come out than its file says.
    """
    for name, _, build in items(cluster):
        for where, said, hint in _amiss(name, build):
            related: tuple[Path, ...] = ((MODEL_FILES, name, "build", *where),)
            yield Problem(place(cluster, name), f"the build of {name} {said}", hint, related)


def _amiss(name: str, build: Build) -> Iterator[tuple[Path, str, str]]:
    given, image, test = build.from_, build.image, build.test
    if (given.source is None) == (given.git is None):
        said = "says twice where the model lies" if given.git else "does not say where the model lies"
        yield ("from",), said, "from: {source: ...} or {git: ...}"
    if given.s3 is not None and not (given.source or "").startswith("s3://"):
        yield ("from", "s3"), "has s3 and does not come from a bucket", "drop it"
    if image.kind == "custom" and image.containerfile is None:
        yield (
            ("image",),
            "has no Containerfile",
            "containerfile: {url: https://..., revision: ..., path: ...}",
        )
    if image.kind == "custom" and image.base is not None:
        yield ("image", "base"), "says a base beside its Containerfile", "say it there"
    if image.kind != "custom" and image.containerfile is not None:
        yield ("image", "containerfile"), f"has a Containerfile and is a {image.kind}", "kind: custom"
    if image.kind == "modelcar" and image.base is None:
        hint = "base: an image with sh, ln, sleep and cp, such as busybox or ubi-micro, by its digest"
        yield ("image",), "does not say what the modelcar begins with", hint
    if image.kind == "modelcar" and test is not None:
        yield (
            ("test",),
            "tests a modelcar, which holds no server",
            "drop it, or build the model in its server",
        )
    elif test is not None and asked(name, build) is None:
        yield ("test",), "does not say how its own image is asked", "path and ready of test"


@rule("BUILD013", source="nearedge promote: source of the Model is what clusters pull; SERVE003")
def what_is_promoted_is_served_alike(cluster: Cluster) -> Iterator[Problem]:
    """With `promote`, a model comes from an image already, of the kind that is built: oci:// of a modelcar, image:// of others.

    The pull request changes the model's source only. Servers that have it on a volume, or from a bucket, take no image, and
    nothing could be asked for.
    """
    said = cluster.part(BUILDS)
    if said is None or said.promote is None:
        return
    for name, model, build in items(cluster):
        scheme = "oci" if build.image.kind == "modelcar" else "image"
        if not model.source.startswith(f"{scheme}://"):
            message = f"{name} is served from {model.source.partition('@')[0]}, and built for {scheme}://"
            hint = f"source: {scheme}://{build.push[0].to}@sha256:..., of an image built once, or leave promote out"
            related: tuple[Path, ...] = (
                (MODEL_FILES, name, "source"),
                (MODEL_FILES, name, "build", "image", "kind"),
            )
            yield Problem(place(cluster, name), message, hint, related)


@rule("BUILD014", source="containers/image docker/reference; components/builds/pipeline.py")
def pushes_lead_to_registries(cluster: Cluster) -> Iterator[Problem]:
    """Each place that a model is pushed to begins with the host of a registry, and is no other model's.

    A first part without a dot or a port is no host; two models in one repository overwrite each other's versions.
    """
    first: dict[str, str] = {}
    for name, _, build in items(cluster):
        for i, target in enumerate(build.push):
            related: tuple[Path, ...] = ((MODEL_FILES, name, "build", "push", i, "to"),)
            if "/" not in target.to or is_short(target.to):
                said = f"{target.to} does not say its registry"
                yield Problem(place(cluster, name), said, f"write it: quay.io/{target.to}", related)
            owner = first.setdefault(target.to, name)
            if owner != name:
                said = f"{target.to} has the versions of {owner} already"
                yield Problem(place(cluster, name), said, "give each model its own repository", related)


@rule("BUILD015", Severity.WARNING, source="registries take no image from who shows no credential")
def registries_are_opened(cluster: Cluster) -> Iterator[Problem]:
    """Each place that a model is pushed to has a credential.

    Hardly a registry takes images from anybody: the build would end in its last step but one.
    """
    for name, _, build in items(cluster):
        for i, target in enumerate(build.push):
            if target.secret is None:
                said = f"nothing opens {target.to} to the build of {name}"
                related: tuple[Path, ...] = ((MODEL_FILES, name, "build", "push", i),)
                hint = "secret: of type registry, with the right to push"
                yield Problem(place(cluster, name), said, hint, related)


@rule("BUILD016", source="kubernetes pkg/volume/configmap; components/config_maps.py")
def test_data_is_there(cluster: Cluster) -> Iterator[Problem]:
    """The ConfigMap with a model's test data is one of configMaps in the builds' namespace, and has both keys.

    The pod of the test would wait for it until the build gives up.
    """
    said = cluster.part(BUILDS)
    known = {(item.namespace, item.name): item for item in cluster.spec.configMaps}
    for name, _, build in items(cluster):
        test = build.test
        if said is None or test is None or test.configMap is None:
            continue
        related: tuple[Path, ...] = ((MODEL_FILES, name, "build", "test", "configMap"),)
        found = known.get((said.namespace, test.configMap))
        if found is None:
            there = [item for namespace, item in known if namespace == said.namespace]
            otherwise = f"configMaps: [{{name: {test.configMap}, namespace: {said.namespace}}}]"
            message = f"nothing says that {said.namespace} has a ConfigMap {test.configMap}"
            yield Problem(place(cluster, name), message, meant(test.configMap, there, otherwise), related)
            continue
        for key in (test.data, test.expected):
            if found.data is not None and key not in found.data:
                message = f"ConfigMap {test.configMap} has no key {key}"
                hint = meant(key, list(found.data), f"its keys: {', '.join(found.data)}")
                yield Problem(place(cluster, name), message, hint, related)
