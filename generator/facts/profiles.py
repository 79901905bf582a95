"""Platform profiles: what runs on a cluster decides API versions, labels and limits (data, not code).

One YAML file each in `data/profiles/`; the sources of the figures stand beside them in the files.
"""

from collections.abc import Callable
from functools import cache
from typing import Literal

from pydantic import Field

from ..specs.types import Flag, Image, Labels, Name, Path, Positive, Resources, Strictly, Text
from .edge import EdgeArgoCD
from .files import shipped_folder


class AddedContainer(Strictly):
    """A container that a controller adds to pods, and what it asks for."""

    name: Name = Field(description="Name of the container.")
    requests: Resources = Field({}, description="Its requests, where they differ from its limits.")
    limits: Resources = Field({}, description="Its limits.")


class KServe(Strictly):
    """KServe as the platform ships it."""

    version: Text = Field(description="Upstream version of KServe.")
    deploymentMode: Text | None = Field(
        None, description="Value of serving.kserve.io/deploymentMode; none: leave it out."
    )
    routes: Literal["route", "ingress", "own"] = Field(
        description="Who exposes a service: the platform by a Route, KServe by an ingress, or we, by a Route of our own."
    )
    monitors: Flag = Field(description="The platform makes ServiceMonitors itself.")
    auth: Flag = Field(description="The platform knows security.opendatahub.io/enable-auth.")
    dashboard: Flag = Field(
        description="The platform's dashboard reads opendatahub.io labels and annotations."
    )
    nameLimit: Positive = Field(description="Longest name of an InferenceService.")
    ociModes: tuple[Literal["modelcar", "native", "fetch"], ...] = Field(
        description="How models in images reach a server without changing inferenceservice-config: oci://, oci+native://, oci+fetch://."
    )
    localModelCache: Literal["operator", "manual"] | None = Field(
        None,
        description="Who switches LocalModelCache on: the platform's operator, or whoever installed KServe; none: it is not there.",
    )
    localModelPath: Path | None = Field(
        None, description="Folder of a node that LocalModelCache keeps models in: its agent mounts this one."
    )
    llmInferenceService: Text | None = Field(
        None, description="API version of LLMInferenceService; none: KServe has none."
    )
    managedDevices: Flag = Field(
        False,
        description="An LLMInferenceService makes claims for devices (kserve v0.20.0 llmisvc managed_dra.go).",
    )
    kedaAuthentication: Flag = Field(
        False,
        description="External metrics of an InferenceService have authenticationRef (kserve v0.17.0 component.go).",
    )
    llmAdapters: Flag = Field(
        False, description="An LLMInferenceService mounts the LoRA adapters that it lists (KServe 0.20)."
    )
    llmScheme: Literal["HTTP", "HTTPS"] | None = Field(
        None, description="How pods of an LLMInferenceService answer; none: as the presets have it."
    )
    initializer: AddedContainer = Field(
        description="The container that fetches a model before the server starts."
    )
    hardensInitializer: Flag = Field(
        False,
        description="That container needs a securityContext from us, which KServe lays over its own (from 0.20 on).",
    )
    proxy: AddedContainer | None = Field(
        None,
        description="The proxy beside an InferenceService that asks callers for tokens; none: there is none.",
    )
    proxyAlways: Flag = Field(
        False, description="Every InferenceService has the proxy, whether its callers are asked or not."
    )
    scheduler: tuple[AddedContainer, ...] = Field(
        (),
        description="Containers of the endpoint picker of an LLMInferenceService, as the presets leave them.",
    )
    schedulerMountsModel: Flag = Field(False, description="The endpoint picker's pods mount the model too.")


class KubeRay(Strictly):
    """KubeRay as the platform ships it."""

    version: Text = Field(description="Upstream version of KubeRay.")
    clusterNameLimit: Positive = Field(description="Longest name of a RayCluster.")
    jobNameLimit: Positive = Field(description="Longest name of a RayJob.")
    serviceNameLimit: Positive = Field(description="Longest name of a RayService.")
    sidecarMode: Flag = Field(description="A RayJob may be submitted from a container in the head pod.")
    serviceOptions: Flag = Field(
        description="A RayService has rayClusterDeletionDelaySeconds and ray.io/initializing-timeout."
    )
    servesGrpc: Flag = Field(description="The Service of a RayService has a port for gRPC as well.")
    headProxy: AddedContainer | None = Field(
        None,
        description="The proxy beside every head, which asks the API server about its callers; none: there is none.",
    )
    certificateWait: AddedContainer | None = Field(
        None, description="The container in which Ray pods wait for their certificate; none: there is none."
    )


class Kueue(Strictly):
    """Kueue beside the platform."""

    version: Text = Field(description="Upstream version of Kueue.")
    apiVersion: Literal["kueue.x-k8s.io/v1beta1", "kueue.x-k8s.io/v1beta2"] = Field(
        description="API version of queues and flavors."
    )
    cohortApiVersion: Literal[
        "kueue.x-k8s.io/v1alpha1", "kueue.x-k8s.io/v1beta1", "kueue.x-k8s.io/v1beta2"
    ] = Field(description="API version of Cohort.")
    cohortField: Literal["cohort", "cohortName"] = Field(
        description="Field of a ClusterQueue that names its cohort: renamed in v1beta2."
    )
    cohortParent: Literal["parent", "parentName"] = Field(
        description="Field of a Cohort that names the one above it: renamed after v1alpha1."
    )
    namespaceLabels: Labels = Field(description="Labels a namespace needs so that Kueue looks at it.")
    queueRequired: Flag = Field(
        description="What runs in a namespace with these labels is denied without a queue."
    )
    podSets: Positive = Field(description="Most pod sets in one Workload.")
    coveredResources: Positive = Field(description="Most resources in one resource group.")
    elasticJobs: Flag = Field(description="Ray autoscaling works under Kueue.")
    rayService: Flag = Field(
        description="A RayService is admitted as one; otherwise each RayCluster that it makes is."
    )
    countsAutoscaler: Flag = Field(description="The autoscaler sidecar counts against the quota.")
    coversZero: Flag = Field(
        description="A resource of which pods ask zero, such as those of a group without replicas, has to be in their queue too."
    )
    flavorKeys: Literal["group", "flavor"] = Field(
        description="A pod's node selector is compared with a flavor by the label keys of its resource group, or by its own."
    )
    flavorRank: Literal["mode", "level", "candidates"] = Field(
        description="How flavors rank that do not fit without stopping or borrowing: by what has to be done alone, by how far is borrowed as well, or with those last for which nobody can be stopped."
    )

    @property
    def former(self) -> bool:
        """Its queues have the words of the API before v1beta2."""
        return self.apiVersion.endswith("/v1beta1")


class AppWrappers(Strictly):
    """AppWrapper, where the platform has it."""

    version: Text = Field(description="What brings its controller, and in which version.")
    apiVersion: Text = Field(description="API version of AppWrapper.")
    podSets: Positive = Field(description="Most pod sets in one AppWrapper.")
    component: Name | None = Field(
        None, description="Component of the platform that brings it; none: it is installed by itself."
    )


class Caller(Strictly):
    """Pods that may open connections to ours: by namespace, and by pod labels where those are certain."""

    namespaces: tuple[Name, ...] = Field((), description="Names of their namespaces; any when left out.")
    namespaceLabels: Labels = Field({}, description="Labels of their namespaces, instead of names.")
    podLabels: Labels = Field({}, description="Labels of the pods; all pods when left out.")


class Network(Strictly):
    """Who the platform's own pods are, for NetworkPolicies."""

    dnsNamespace: Name = Field(description="Namespace of the DNS pods.")
    dnsPorts: tuple[Positive, ...] = Field(
        description="Ports that the DNS pods listen on; a policy sees these, not the Service's."
    )
    apiServerPorts: tuple[Positive, ...] = Field(description="Ports that the API server listens on.")
    ingress: Caller = Field(description="The routers or ingress controllers.")
    monitoring: Caller | None = Field(
        None, description="The Prometheus pods that scrape workloads; none: there are none."
    )
    kuberayOperator: Caller | None = Field(None, description="The KubeRay operator; none: there is none.")


class Platform(Strictly):
    """The operator of ODH or OpenShift AI: API versions of its own objects, and what it can run."""

    dataScienceCluster: Text = Field(description="API version of DataScienceCluster.")
    dscInitialization: Text = Field(description="API version of DSCInitialization.")
    hardwareProfile: Text = Field(description="API version of HardwareProfile.")
    monitoringNamespace: Name = Field(description="Namespace of the platform's own monitoring.")
    components: tuple[Name, ...] = Field(description="Components that a DataScienceCluster has.")
    workbenchProxy: Literal["kube-rbac-proxy", "oauth-proxy"] = Field(
        "kube-rbac-proxy",
        description="What asks who opens a workbench: the container that a webhook adds to it.",
    )
    workbenchImages: dict[Text, Image] = Field(
        {},
        description="Images of workbenches that it brings and names by digest: ImageStream without -notebook, and tag.",
    )
    defaultQueues: Flag = Field(False, description="It makes queues called default beside a Kueue.")


class Profile(Strictly):
    """A platform release that nearedge compiles for."""

    name: Text = Field(description="Name as specs say it.")
    description: Text = Field(description="What it is.")
    family: Literal["odh", "upstream"] = Field(
        description="odh: the ODH controllers own routes, auth and monitors."
    )
    openshift: Flag = Field(description="Runs on OpenShift: SCCs, Routes, OpenShift GitOps.")
    kubernetesVersion: Text | None = Field(
        None, description="Oldest Kubernetes that it is released for; none: nothing is said of that."
    )
    applicationsNamespace: Name | None = Field(
        None, description="The platform's own namespace, closed to workloads."
    )
    kserve: KServe = Field(description="KServe.")
    own_kuberay: KubeRay | None = Field(None, alias="kuberay", description="KubeRay; none: it is not there.")
    own_kueue: Kueue | None = Field(None, alias="kueue", description="Kueue; none: it is not there.")
    kueues: dict[Text, Text] = Field(
        {},
        description="Other channels of the Red Hat build of Kueue that go with it -> profile that has the Kueue of this channel.",
    )
    appWrapper: AppWrappers | None = Field(None, description="AppWrapper; none: the platform has none.")
    platform: Platform | None = Field(
        None, description="The ODH operator; none: KServe, KubeRay and Kueue are installed in another way."
    )
    argoCD: EdgeArgoCD | None = Field(
        None,
        description="The Argo CD that comes with the platform itself; none: it is installed in another way.",
    )
    manifests: Path | None = Field(
        None, description="Folder of a node whose kustomizations the platform applies when it starts."
    )
    network: Network = Field(description="Who the platform's own pods are.")
    podUser: Positive | None = Field(
        None,
        description="User and file group that pods get; none: the platform gives each namespace its own.",
    )
    securityContextConstraints: Flag = Field(
        False,
        description="Admission fills in the securityContext of containers that have none, by an SCC such as restricted-v2.",
    )
    podSecurityVersion: Text = Field(
        description="Version of the Pod Security Standard that namespaces enforce."
    )
    schemas: tuple[Text, ...] = Field(
        description="Folders of schemas/kinds/ that hold its kinds, first match wins."
    )

    like: Text | None = Field(
        None, exclude=True, description="The profile that this one is with another Kueue."
    )

    @property
    def known_as(self) -> str:
        """The profile whose images, operators and sources it has: itself, but for another Kueue."""
        return self.like or self.name

    @property
    def kuberay(self) -> KubeRay:
        """Its KubeRay; of a platform without one nothing is asked that matters: FLEET017 comes first."""
        return self.own_kuberay or _NO_KUBERAY

    @property
    def kueue(self) -> Kueue:
        """Its Kueue; see `kuberay`."""
        return self.own_kueue or _NO_KUEUE


_NO_KUBERAY = KubeRay(
    version="-",
    clusterNameLimit=1,
    jobNameLimit=1,
    serviceNameLimit=1,
    sidecarMode=False,
    serviceOptions=False,
    servesGrpc=False,
)
_NO_KUEUE = Kueue(
    version="-",
    apiVersion="kueue.x-k8s.io/v1beta2",
    cohortApiVersion="kueue.x-k8s.io/v1beta2",
    cohortField="cohortName",
    cohortParent="parentName",
    namespaceLabels={},
    queueRequired=False,
    podSets=1,
    coveredResources=1,
    elasticJobs=False,
    rayService=False,
    countsAutoscaler=False,
    coversZero=False,
    flavorKeys="flavor",
    flavorRank="candidates",
)


@cache
def profiles() -> dict[str, Profile]:
    """All profiles by name, and each once more beside every other Kueue that goes with it."""
    told = [Profile.model_validate(data) for data in shipped_folder("data/profiles")]
    found = {profile.name: profile for profile in told}
    for profile in told:
        for channel, other in profile.kueues.items():
            made = _beside(profile, channel, found[other])
            found[made.name] = made
    return dict(sorted(found.items()))


def having(has: Callable[[Profile], object]) -> str:
    """Names of the profiles of which something is so, for a hint."""
    return ", ".join(name for name, profile in profiles().items() if has(profile))


def _beside(profile: Profile, channel: str, other: Profile) -> Profile:
    """A platform beside the Kueue of another one; what its own webhook denies stays as it is.

    >>> profiles()["rhoai-3.4-kueue-1.2"].kueue.version
    '0.14.8'
    """
    kueue = other.kueue.model_copy(update={"queueRequired": profile.kueue.queueRequired})
    own = next(item for item in profile.schemas if item.startswith("kueue-"))
    theirs = next(item for item in other.schemas if item.startswith("kueue-"))
    release = channel.removeprefix("stable-v")
    return profile.model_copy(
        update={
            "name": f"{profile.name}-kueue-{release}",
            "description": f"{profile.description.partition(' with ')[0]} with the Red Hat build of Kueue {release}",
            "like": profile.name,
            "kueues": {},
            "own_kueue": kueue,
            "schemas": tuple(theirs if item == own else item for item in profile.schemas),
        }
    )
