"""The parts of a spec: every model that a section, a Model or the Fleet holds, under the name that people import.

Two have another name than at home, where what they are is said by the module: a Service is a ModelServer, and Kueue's
PriorityClass a WorkloadPriorityClass.
"""

from __future__ import annotations

from ..components.builds.spec import Builds, Promotion, Scan, StepImages, Triggers, Workspace
from ..components.config_maps import ConfigMap
from ..components.credentials.spec import Bucket, Credential, ExternalStore
from ..components.kit.pod_fields import EmptyDir, EnvFrom, Mount, TopologySpread, Volume
from ..components.kueue.spec import (
    AdmissionCheck,
    BorrowWithinCohort,
    CheckParameters,
    Cohort,
    FairSharing,
    Flavor,
    Fungibility,
    KueueSpec,
    Preemption,
    Queue,
    QueueCheck,
    Quota,
)
from ..components.kueue.spec import (
    PriorityClass as WorkloadPriorityClass,
)
from ..components.models.spec import Cache, ModelsSpec, Proxy, Publish
from ..components.monitoring import Monitoring
from ..components.namespaces.spec import Limits, Namespace, NetworkRule
from ..components.pipelines import Database, ObjectStorage, PipelineServer
from ..components.platform.hardware import HardwareProfile, Identifier
from ..components.priority_classes import PriorityClass
from ..components.ray.runtime_env import RuntimeConfig, RuntimeEnv
from ..components.ray.serve import (
    ActorOptions,
    Application,
    Deployment,
    GrpcOptions,
    ServeAutoscaling,
    ServeConfig,
)
from ..components.ray.spec import (
    AppWrapper,
    Autoscaling,
    GcsFaultTolerance,
    Head,
    RayCluster,
    RayJob,
    RayService,
    RaySpec,
    Submitter,
    WorkerGroup,
)
from ..components.serving.check import Authorization, Check
from ..components.serving.llm import (
    Devices,
    GatewayRef,
    Llm,
    LlmWorker,
    Lora,
    Parallelism,
    Prefill,
    Scheduler,
)
from ..components.serving.plain import Exposure, ServiceSaid
from ..components.serving.scaling import Authentication, Prometheus, Scaling
from ..components.serving.spec import Replicas, ServingStorage
from ..components.serving.spec import Service as ModelServer
from ..components.training.spec import TrainingJob, TrainingSpec
from ..components.workbenches.spec import Workbench, WorkbenchStorage
from ..specs.build import S3, Build, BuiltImage, From, Git, Push, Test
from ..specs.fleet import Agent, Delivery, FleetSpec, Hub, Mirror, Observability, Ring
from ..specs.helm import ClusterKind, Helm, HelmParameter, NamespacedKind
from ..specs.hub import (
    HubInstall,
    ImportSecret,
    KlusterletConfig,
    MirroredRegistry,
    NodePlacement,
    Registration,
)
from ..specs.model import AdapterOf, Images, ModelMemory, ModelSpec, Pins, Release
from ..specs.operators import OperatorSaid, OperatorSize, OperatorTerms
from ..specs.site import Connectivity, Node, StorageClass, Waiver
from ..specs.sources import ExtraApp, Repository
from ..specs.teams import Access, Team, TeamClusters
from ..specs.types import EnvVar, Taint, Toleration

__all__ = [
    "S3",
    "Access",
    "ActorOptions",
    "AdapterOf",
    "AdmissionCheck",
    "Agent",
    "AppWrapper",
    "Application",
    "Authentication",
    "Authorization",
    "Autoscaling",
    "BorrowWithinCohort",
    "Bucket",
    "Build",
    "Builds",
    "BuiltImage",
    "Cache",
    "Check",
    "CheckParameters",
    "ClusterKind",
    "Cohort",
    "ConfigMap",
    "Connectivity",
    "Credential",
    "Database",
    "Delivery",
    "Deployment",
    "Devices",
    "EmptyDir",
    "EnvFrom",
    "EnvVar",
    "Exposure",
    "ExternalStore",
    "ExtraApp",
    "FairSharing",
    "Flavor",
    "FleetSpec",
    "From",
    "Fungibility",
    "GatewayRef",
    "GcsFaultTolerance",
    "Git",
    "GrpcOptions",
    "HardwareProfile",
    "Head",
    "Helm",
    "HelmParameter",
    "Hub",
    "HubInstall",
    "Identifier",
    "Images",
    "ImportSecret",
    "KlusterletConfig",
    "KueueSpec",
    "Limits",
    "Llm",
    "LlmWorker",
    "Lora",
    "Mirror",
    "MirroredRegistry",
    "ModelMemory",
    "ModelServer",
    "ModelSpec",
    "ModelsSpec",
    "Monitoring",
    "Mount",
    "Namespace",
    "NamespacedKind",
    "NetworkRule",
    "Node",
    "NodePlacement",
    "ObjectStorage",
    "Observability",
    "OperatorSaid",
    "OperatorSize",
    "OperatorTerms",
    "Parallelism",
    "Pins",
    "PipelineServer",
    "Preemption",
    "Prefill",
    "PriorityClass",
    "Prometheus",
    "Promotion",
    "Proxy",
    "Publish",
    "Push",
    "Queue",
    "QueueCheck",
    "Quota",
    "RayCluster",
    "RayJob",
    "RayService",
    "RaySpec",
    "Registration",
    "Release",
    "Replicas",
    "Repository",
    "Ring",
    "RuntimeConfig",
    "RuntimeEnv",
    "Scaling",
    "Scan",
    "Scheduler",
    "ServeAutoscaling",
    "ServeConfig",
    "ServiceSaid",
    "ServingStorage",
    "StepImages",
    "StorageClass",
    "Submitter",
    "Taint",
    "Team",
    "TeamClusters",
    "Test",
    "Toleration",
    "TopologySpread",
    "TrainingJob",
    "TrainingSpec",
    "Triggers",
    "Volume",
    "Waiver",
    "Workbench",
    "WorkbenchStorage",
    "WorkerGroup",
    "WorkloadPriorityClass",
    "Workspace",
]
