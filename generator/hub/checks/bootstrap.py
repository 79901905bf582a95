"""Rules about a hub that nearedge makes: what installs it, by whom, and whom Argo CD trusts."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from ...documents.near import meant
from ...findings.finding import Path, Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet
from ..kit.profile import profile_of

OF_ACM = ("availabilityConfig", "imagePullSecret")
"""Fields of hub.install that are those of a MultiClusterHub."""
WHOLE = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")


@rule("HUB040", source="multiclusterhub-operator release-2.16 api/v1; ocm v1.3.1 operator/v1", scope="fleet")
def installs_what_the_flavor_says(fleet: Fleet) -> Iterator[Problem]:
    """hub.install says what its flavor has, with a hub, and hub.bootstrap only beside it.

    A field of ACM says nothing to OCM, and without an installation there are no steps that somebody could apply.
    """
    hub = fleet.spec.hub
    if hub.install is None:
        if hub.bootstrap is not None:
            said = f"bootstrap is {hub.bootstrap}, and nothing is installed"
            yield Problem(
                ("hub", "bootstrap"), said, "install: {}, or drop bootstrap: the hub is there already"
            )
        return
    if fleet.spec.delivery.model == "standalone":
        said = "install says nothing with model standalone"
        yield Problem(("hub", "install"), said, "drop it: clusters are delivered to without a hub")
        return
    for field in OF_ACM if hub.flavor == "ocm" else ():
        if getattr(hub.install, field) is not None:
            said = f"{field} is a field of ACM, and the hub is OCM"
            yield Problem(
                ("hub", "install", field), said, "drop it, or use flavor acm: a hub is one of the two"
            )


@rule("HUB041", source="data/hubs", scope="fleet")
def channel_brings_the_version(fleet: Fleet) -> Iterator[Problem]:
    """hub.install.channel is the one that brings hub.version, unless the catalog is one of your own.

    Another channel installs another release, whose fields and names are not those that are written, or nothing at all.
    """
    hub, profile = fleet.spec.hub, profile_of(fleet.spec.hub)
    if (
        hub.install is None
        or profile is None
        or hub.install.channel is None
        or hub.install.source is not None
    ):
        return
    known = profile.operator.channel
    if hub.install.channel != known:
        said = f"channel {hub.install.channel} does not bring {hub.flavor} {hub.version}"
        hint = f"{known}, or leave it out; with a catalog of your own say its source as well"
        yield Problem(("hub", "install", "channel"), said, meant(hub.install.channel, [known], hint))


@rule("HUB042", source="multiclusterhub-operator bundle: OLM and OpenShift's APIs", scope="fleet")
def acm_is_installed_on_openshift(fleet: Fleet) -> Iterator[Problem]:
    """ACM is installed on an OpenShift cluster.

    Elsewhere there is no catalog that has it, and no operator lifecycle manager that would install it.
    """
    hub = fleet.spec.hub
    if hub.install is not None and hub.flavor == "acm" and fleet.hub is not None and not fleet.hub.openshift:
        said = f"the hub {hub.cluster} runs {fleet.hub.profile}, which cannot have ACM"
        yield Problem(("hub", "install"), said, "flavor: ocm, or a platform that is OpenShift")


@rule("HUB043", source="ocm v1.3.1 clustermanagers CRD: images without a tag", scope="fleet")
def ocm_is_installed_by_its_version(fleet: Fleet) -> Iterator[Problem]:
    """OCM is installed by its whole version, with the patch release: "1.3.1".

    Its images carry that as their tag; without one, whatever was pushed last would run.
    """
    hub = fleet.spec.hub
    if hub.install is not None and hub.flavor == "ocm" and not WHOLE.fullmatch(hub.version):
        said = f"version {hub.version} does not say which patch release of OCM is installed"
        yield Problem(("hub", "version"), said, f'quoted, such as "{hub.version}.1"')


@rule("HUB044", source="argo-cd docs/operator-manual/argocd-tls-certs-cm.yaml; RFC 7468", scope="fleet")
def authorities_are_certificates(fleet: Fleet) -> Iterator[Problem]:
    """Each value of repository.certificateAuthorities, and each caBundle, is certificates in PEM and nothing else.

    Argo CD and klusterlets would trust nobody then. A private key never belongs there: everybody can read it.
    """
    given: dict[Path, str] = {
        ("repository", "certificateAuthorities", host): text
        for host, text in fleet.spec.repository.certificateAuthorities.items()
    }
    for i, said in enumerate(fleet.spec.hub.klusterletConfigs):
        if said.caBundle:
            given[("hub", "klusterletConfigs", i, "caBundle")] = said.caBundle
    for path, text in given.items():
        wrong = _wrong(text)
        if wrong:
            hint = "the file of the CA as it is: -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----"
            yield Problem(path, f"{path[-1]}: {wrong}", hint)


_LABEL = re.compile(r"-----(BEGIN|END) ([A-Z0-9 ]+)-----")
SEQUENCE = 0x30
"""First byte of a certificate in DER: X.690 8.9, 8.14."""


def _wrong(text: str) -> str:
    """What is wrong with a text that should be certificates; nothing for one that is some."""
    lines = text.splitlines()
    marks = [
        (i, match[1], match[2]) for i, line in enumerate(lines) if (match := _LABEL.fullmatch(line.strip()))
    ]
    for _, _, label in marks:
        if label != "CERTIFICATE":
            return f"a {label.lower()} stands there"
    if [edge for _, edge, _ in marks] != ["BEGIN", "END"] * (len(marks) // 2) or not marks:
        return "there is no certificate that begins and ends"
    inside = [(begin, end) for (begin, edge, _), (end, _, _) in pairwise(marks) if edge == "BEGIN"]
    covered = {i for begin, end in inside for i in range(begin, end + 1)}
    if any(line.strip() and i not in covered for i, line in enumerate(lines)):
        return "there is text beside the certificates"
    for number, (begin, end) in enumerate(inside, 1):
        if not _is_der("".join(line.strip() for line in lines[begin + 1 : end])):
            return f"certificate {number} is cut, or is no base64"
    return ""


def _is_der(text: str) -> bool:
    """Whether base64 holds one ASN.1 sequence as long as it says."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return False
    if len(data) < 2 or data[0] != SEQUENCE:  # noqa: PLR2004 - a type and a length
        return False
    long = data[1] & 0x80
    size = data[1] & 0x7F
    start = 2 + (size if long else 0)
    length = int.from_bytes(data[2:start], "big") if long else size
    return len(data) == start + length


@rule("HUB045", Severity.WARNING, source="argo-cd docs/user-guide/private-repositories.md", scope="fleet")
def authorities_are_of_hosts_that_are_asked(fleet: Fleet) -> Iterator[Problem]:
    """Each host of repository.certificateAuthorities is one that the fleet pulls from by https.

    Argo CD asks no other, so that the certificates would be there for nothing; ssh has keys of hosts instead.
    """
    repository = fleet.spec.repository
    urls = [repository.url, *(app.repoURL for app in fleet.spec.extraApps)]
    asked = sorted({urlsplit(url).hostname or "" for url in urls if url.startswith("https://")})
    for host in repository.certificateAuthorities:
        if host not in asked:
            said = f"nothing of the fleet is pulled from {host} by https"
            hint = meant(host, asked, f"hosts: {', '.join(asked) or 'none'}")
            yield Problem(("repository", "certificateAuthorities", host), said, hint)
