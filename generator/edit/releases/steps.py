"""All steps, by release: the one list, which CHANGELOG.md repeats under "Upgrade notes".

A step is what somebody from an earlier release does or sees; what is only new is none. No field of a spec has gone or got
another name so far, so most steps say what output moves, and few write something.
"""

from __future__ import annotations

from . import mends, seen
from .step import UNRELEASED, Step

APPLY = "Render, and apply acm/<hub>/ as before."

STEPS: tuple[Step, ...] = (
    # 0.2.0
    Step(
        "removals-by-cluster",
        "0.2.0",
        "Each removed cluster has a file of its own in clusters/removals/, so that two people who each retire one change nothing in common.",
        "clusters/removals.yaml is still read, also for objects and rings.",
        mends.listed_removals,
        make=mends.removals_apart,
    ),
    Step(
        "resource-names",
        "0.2.0",
        "Resources are cpu, memory, ephemeral-storage and devices with their domain: gpu is refused, nvidia.com/gpu is meant.",
        "Where no device is named, write the one that the nodes offer.",
        mends.bare_resources,
        make=mends.resources_named,
    ),
    Step(
        "images-on-kubernetes",
        "0.2.0",
        "On plain Kubernetes storage.type oci is refused, as nothing can be laid over its containers; oci+native works from Kubernetes 1.33 on.",
        "Say kubernetesVersion, or take pvc; before Kubernetes 1.35 somebody has to switch image volumes on (SERVE027).",
        mends.unmounted_images,
        make=mends.images_mounted,
    ),
    Step(
        "report-ignored",
        "0.2.0",
        "nearedge report writes report.html, which git is to leave alone.",
        "nearedge init writes this line for new repositories.",
        mends.report_in_git,
        make=mends.report_ignored,
    ),
    Step(
        "output-layout",
        "0.2.0",
        "The first line of a file says whose it is, so the lists .nearedge in acm/, base/ and overlays/ go; bases have other names, and ManagedClusters and Policies a file each.",
        "nearedge render takes the tree over; no object changes by it. Commit what it writes and removes.",
        seen.older_layout,
    ),
    Step(
        "merge-driver",
        "0.2.0",
        "A merge driver merges the list of a hub's files, and a hook says after a merge whether the output is behind.",
        'Write "/acm/*/kustomization.yaml merge=nearedge" into .gitattributes; each clone runs nearedge merge --install.',
        seen.no_merge_driver,
    ),
    Step(
        "ci-proofs",
        "0.2.0",
        "CI runs share what was proven in the folder that NEAREDGE_CACHE names.",
        "Take the file away and run the command that is named: it writes today's, and what is there already stays.",
        seen.older_ci("NEAREDGE_CACHE"),
    ),
    Step(
        "schemas-builds",
        "0.2.0",
        "The schemas for editors know what is new, such as builds.",
        "nearedge schema writes them; commit schemas/.",
        seen.lacking_field("builds"),
    ),
    Step(
        "operators-approval",
        "0.2.0",
        "No operator takes upgrades by itself any more but in a channel of the platform's own release.",
        "operators: [{name: ..., approval: Automatic}] gives the old way; versions, or pins.operators ring by ring, bring upgrades.",
        seen.upgrades_by_themselves,
    ),
    Step(
        "deployment-rights",
        "0.2.0",
        "The AppProject and Argo CD's rights on sites take Deployments, Services, HorizontalPodAutoscalers, Ingresses and HTTPRoutes.",
        "Apply acm/<hub>/ before the first server of kind Deployment is merged.",
        seen.comes("acm/*/clusterrole.yaml", "horizontalpodautoscalers"),
    ),
    Step(
        "images-of-platforms",
        "0.2.0",
        "Clusters of rhoai-2.25 and rhoai-3.4 get the images of their platform's newest bundle, so their servers restart.",
        "Go ring by ring; pins.images keeps an image where it is.",
        seen.other_images("rhoai-2.25", "rhoai-3.4"),
    ),
    Step(
        "operator-groups",
        "0.2.0",
        "Without a hub, an operator that is installed for its own namespace gets an OperatorGroup that names it; OLM refuses it with one for all namespaces.",
        "Apply bootstrap/1-operators of these clusters again.",
        seen.comes("overlays/*/bootstrap/1-operators/*.yaml", "targetNamespaces"),
    ),
    Step(
        "channel-of-rhoai",
        "0.2.0",
        "rhoai-3.4 is subscribed to stable-3.4 instead of fast-3.x, which ends at 3.3.1.",
        "Render, and apply acm/<hub>/ as before: its operator follows another channel then.",
        seen.still_says("acm", "channel: fast-3.x"),
    ),
    Step(
        "spark-of-3.3",
        "0.2.0",
        "Open Data Hub 3.3 never had Spark: operator spark is refused before 3.4.",
        "Leave it out of operators, or move the cluster: nearedge upgrade.",
        seen.found("PLATFORM003", "has no operator spark"),
    ),
    Step(
        "storage-of-lvms",
        "0.2.0",
        "lvms without a storage class is refused.",
        "Declare a storage class lvms-<device class> on the cluster.",
        seen.found("PLATFORM012"),
    ),
    Step(
        "kubernetes-of-platforms",
        "0.2.0",
        "A cluster whose kubernetesVersion its platform is not released for is an error.",
        "Say the version that runs, or move the cluster: nearedge upgrade.",
        seen.found("PLATFORM020"),
    ),
    Step(
        "argo-cd-of-hubs",
        "0.2.0",
        "A delivery.argoCD that nobody has held nearedge against is warned of.",
        "Say the release that runs.",
        seen.found("HUB039"),
    ),
    Step(
        "longest-outage",
        "0.2.0",
        "Load Jobs and publications wait for a line that is away as long as connectivity.longestOutage says, 24h where it is intermittent and nobody says.",
        "Say it for intermittent sites.",
        seen.found("MODEL023"),
    ),
    Step(
        "same-items",
        "0.2.0",
        "Items of lists are the same item when namespace and name agree, and nothing is dropped without remove: true.",
        "Say the namespace of the item that is meant.",
        seen.found("FLEET015"),
    ),
    Step(
        "flavors-of-ray",
        "0.2.0",
        "Ray objects in a queue with one flavor name its node labels: AppWrappers are made anew once, a RayService may be given a second cluster once.",
        "Render while no job of these queues runs that must not start again.",
        seen.ray_in_queues,
        lasting=True,
    ),
    Step(
        "windows-for-deliveries",
        "0.2.0",
        "connectivity.maintenanceWindow is for plans and simulations alone, unless delivery.holdWindows makes sync windows of it.",
        "nearedge set --fleet delivery.holdWindows true, where commits are to wait for the window.",
        seen.windows_not_held,
        lasting=True,
    ),
    Step(
        "volumes-of-kafka",
        "0.2.0",
        "Kafka is as large as its nodes or as size says, and its volumes count against their storage class.",
        "Look at the plan of clusters with operators: [kafka]; size says another size.",
        seen.operator("kafka"),
        lasting=True,
    ),
    Step(
        "ports-of-servers",
        "0.2.0",
        "NetworkPolicies name ports: a model server is reached at the port that answers, one with auth: true by its proxy alone, also from its own namespace.",
        "Look at callers inside of the cluster that ask another port.",
    ),
    Step(
        "controller-cluster-role",
        "0.2.0",
        "A cluster's Argo CD may change the namespaces of the fleet only, by RoleBindings to ClusterRole nearedge-argocd-namespaces.",
        "Who set CONTROLLER_CLUSTER_ROLE names that one now.",
    ),
    Step(
        "promote-by-digest",
        "0.2.0",
        "nearedge promote of an image with a digest alone asks for --source where platforms run different images.",
        "Look through scripts that promote.",
    ),
    # Unreleased
    Step(
        "working-dirs",
        UNRELEASED,
        "A local path in runtimeEnv.working_dir of a Ray job is refused.",
        "workingDir brings files of the spec; else name a folder of the image by its whole path, or the URL of an archive.",
        seen.found("RAY039", "is no folder that a cluster can see"),
    ),
    Step(
        "exposure-on-kubernetes",
        UNRELEASED,
        "An exposed InferenceService of platform upstream says by exposure how it is reached; without it there is a warning.",
        "Say exposure, or waive SERVE056 where KServe is set up for it.",
        seen.found("SERVE056"),
    ),
    Step(
        "room-of-operators",
        UNRELEASED,
        "Operators and the hub's agents count: where what is admitted finds no place beside what they ask of the nodes, there is a warning.",
        "Lower a quota, say nodes as they are, or waive ADMIT024 for a while.",
        seen.found("ADMIT024"),
    ),
    Step(
        "schedules-of-builds",
        UNRELEASED,
        "A schedule of builds that Kubernetes refuses, or that never comes, is an error.",
        "Write minute, hour, day, month and weekday as the finding says; Sunday is 0.",
        seen.found("BUILD018"),
    ),
    Step(
        "rings-of-builds",
        UNRELEASED,
        "A ring that builds promote to and that the fleet does not have is an error.",
        "Name one of delivery.rings, or leave it out.",
        seen.found("BUILD019"),
    ),
    Step(
        "zeros-in-queues",
        UNRELEASED,
        "With Kueue 0.12 and 0.14, Ray workers without replicas that name a resource which their queue has no quota for are an error.",
        "Give the queue quota for it, or leave the resource out: Kueue never admitted the cluster.",
        seen.found("ADMIT001", "though it asks for none of it"),
    ),
    Step(
        "names-of-operators",
        UNRELEASED,
        "An OperatorPolicy has one name in all variants of an operator, waits for others by itself, and its objects are looked at each minute.",
        f"{APPLY} What the former ones made on clusters stays, and the new ones take it over.",
        seen.comes("acm/*/operators/*.yaml", 'compliant: "1m"'),
    ),
    Step(
        "keys-of-secrets",
        UNRELEASED,
        "Secrets that Policies bring have the keys of the hub's Secret and no others.",
        f"{APPLY} A key that somebody added on a cluster goes.",
        seen.comes("acm/*/credentials/*.yaml", "complianceType: mustonlyhave"),
    ),
    Step(
        "projects-of-older-hubs",
        UNRELEASED,
        "Hubs of ACM before 2.15 and of upstream OCM, which send an Application without its AppProject, bring that by a Policy.",
        f"{APPLY} Before, Argo CD on their clusters synced nothing, unless somebody had made the project there.",
    ),
    Step(
        "empty-metadata-of-ray",
        UNRELEASED,
        "Applications leave an empty metadata alone that KubeRay writes into Ray workers.",
        f"{APPLY} Ray workers that are in no queue showed a difference before.",
        seen.comes("acm/*/applicationsets.yaml", "select(.metadata == {})"),
    ),
    Step(
        "metrics-of-models",
        UNRELEASED,
        "A fourth dashboard shows each model, and clusters send the CPU, memory and GPU series for it.",
        f"{APPLY} Thin lines carry more series; observability.dashboards: false sends none of them.",
        seen.comes("acm/*/observability.yaml", "nearedge-models"),
    ),
    Step(
        "public-buckets",
        UNRELEASED,
        "On plain Kubernetes the storage container of nearedge names the scheme that stands for a bucket with parameters, so servers of public buckets start.",
        "nearedge render writes it.",
        seen.comes("resources.yaml", "<scheme-placeholder>"),
    ),
    Step(
        "ci-of-plans",
        UNRELEASED,
        "CI says the plan as one comment with its class as a label, moves rings by hand and tells of waivers; what compiles a pull request has no token that may write.",
        "Take the file away and run the command that is named: it writes today's and what is missing; README.md of a new fleet says which tokens they need.",
        seen.older_ci("--format class"),
    ),
    Step(
        "schemas-workbenches",
        UNRELEASED,
        "The schemas for editors know what is new, such as workbenches.",
        "nearedge schema writes them; commit schemas/.",
        seen.lacking_field("workbenches"),
    ),
    Step(
        "init-examples",
        UNRELEASED,
        "nearedge init begins with three shops that serve a model, makes a Git repository, and asks on a terminal.",
        "Scripts say --example none --yes for a fleet with one cluster and no model.",
    ),
    Step(
        "plan-json",
        UNRELEASED,
        "The JSON of nearedge plan has formatVersion 1.3, with planClass and applications.",
        "Programs that refuse what they do not know learn these two.",
    ),
)


__all__ = ["STEPS"]
