"""Kubernetes schemas as strict JSON Schema (draft 7): the converting half of scripts/schemas.py.

A CRD's schema, a built-in kind's OpenAPI or a hand-written shape goes in; out comes a document that keeps
types, limits and CEL rules, drops prose, and refuses what the API server would refuse *or silently drop*: unknown
fields, `status`, null. Defaults stay where a kind has CEL rules, which are asked when defaults are set.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from scripts.compact import BRANCHES, Schema, mapped, shared

DIALECT = "http://json-schema.org/draft-07/schema#"
KEPT = (
    *("type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf"),
    *("minItems", "maxItems", "minProperties", "maxProperties", "propertyNames", "required"),
    *("x-kubernetes-list-type", "x-kubernetes-list-map-keys"),
    "default",
)
RULES = "x-kubernetes-validations"
RULE = ("rule", "message", "messageExpression", "reason", "fieldPath", "optionalOldSelf")
"""What counts of a CEL rule: all of it, for it is evaluated offline (generator/cel)."""

# apimachinery: validation of names, label keys and label values (pkg/util/validation, v0.33).
_SUBDOMAIN = {
    "type": "string",
    "minLength": 1,
    "maxLength": 253,
    "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
}
_LABEL = {"type": "string", "minLength": 1, "maxLength": 63, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
_SEGMENT = {"type": "string", "minLength": 1, "maxLength": 253, "pattern": "^[^/%]+$"}
_KEY = "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
_VALUE = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"
_LABELS = {
    "type": "object",
    "propertyNames": {"pattern": _KEY},
    "additionalProperties": {"type": "string", "maxLength": 63, "pattern": _VALUE},
}
_ANNOTATIONS = {
    "type": "object",
    "propertyNames": {"pattern": _KEY},
    "additionalProperties": {"type": "string"},
}
_TEMPLATE_META: Schema = {
    "type": "object",
    "properties": {
        "name": _SUBDOMAIN,
        "namespace": _LABEL,
        "labels": _LABELS,
        "annotations": _ANNOTATIONS,
        "finalizers": {"type": "array", "items": {"type": "string"}},
    },
}
# The pattern that controller-gen writes for quantities into CRDs: what resource.ParseQuantity accepts.
_QUANTITY = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
_OPENAPI_TYPES: dict[str, Schema] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {
        "x-kubernetes-int-or-string": True,
        "pattern": _QUANTITY,
    },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"x-kubernetes-int-or-string": True},
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": _TEMPLATE_META,
}


def document(  # noqa: PLR0913 - a kind's whole identity
    root: Schema, api_version: str, kind: str, scope: str, *, name: str = "", without: Collection[str] = ()
) -> Schema:
    """The whole schema of one kind.

    Args:
        root: structural schema of the object, as a CRD has it under `openAPIV3Schema`.
        api_version: the one apiVersion that it accepts.
        kind: the one kind that it accepts.
        scope: `Namespaced` requires metadata.namespace, `Cluster` refuses it, `none` has no metadata.
        name: the only name an object of this kind may have; empty for any.
        without: top-level fields that are refused although the kind has them.
    """
    given = {"apiVersion", "kind", "metadata", "status", *without}
    body = strict({**root, "properties": {k: v for k, v in root["properties"].items() if k not in given}})
    fixed: Schema = {
        "apiVersion": {"type": "string", "enum": [api_version]},
        "kind": {"type": "string", "enum": [kind]},
    }
    if scope != "none":
        fixed["metadata"] = strict(object_meta(api_version, kind, scope, name))
    if RULES not in repr(body):
        body = _without_defaults(body)
    body["properties"] = {**fixed, **body["properties"]}
    body["required"] = [*fixed, *body.get("required", ())]
    return {"$schema": DIALECT, **shared(body)}


def _without_defaults(node: Schema) -> Schema:
    kept = {key: value for key, value in node.items() if key != "default"}
    return mapped(kept, lambda part, _: _without_defaults(part))


def object_meta(api_version: str, kind: str, scope: str, name: str = "") -> Schema:
    """Metadata of an object that nearedge emits: never generateName, owners or what the server writes."""
    named: Schema = _SUBDOMAIN
    if api_version.startswith("rbac.authorization.k8s.io/"):
        named = _SEGMENT
    elif (api_version, kind) in {("v1", "Namespace"), ("v1", "Service")}:
        named = _LABEL
    fields = {**_TEMPLATE_META["properties"], "name": {"type": "string", "enum": [name]} if name else named}
    if scope == "Cluster":
        del fields["namespace"]
    return {
        "type": "object",
        "properties": fields,
        "required": ["name", "namespace"] if scope == "Namespaced" else ["name"],
    }


def strict(node: Schema, *, closed: bool = True) -> Schema:
    """A structural schema as JSON Schema that refuses fields it does not list.

    An object with neither properties nor a value schema is closed too: the API server prunes what is in it.
    `closed` is off inside allOf, anyOf, oneOf and not, which only narrow what the outer schema lists.
    """
    kept = {key: node[key] for key in KEPT if key in node}
    if rules := node.get(RULES):
        kept[RULES] = [{key: rule[key] for key in RULE if key in rule} for rule in rules]
    if node.get("x-kubernetes-int-or-string"):
        return {**kept, "type": ["integer", "string"]}
    if "pattern" in kept:
        kept["pattern"] = portable(kept["pattern"])
    if node.get("format") == "date-time":
        kept["format"] = "date-time"
    if node.get("x-kubernetes-list-type") == "set":
        kept["uniqueItems"] = True
    parts = {
        key: node[key]
        for key in ("properties", "items", "additionalProperties", "not", *BRANCHES)
        if key in node
    }
    kept |= mapped(parts, lambda part, slot: strict(part, closed=closed and slot not in {"not", *BRANCHES}))
    return _bounded(kept, node, closed=closed)


def _bounded(kept: Schema, node: Schema, *, closed: bool) -> Schema:
    """`kept` with required fields that exist, and with the door shut where the node leaves it shut."""
    if node.get("x-kubernetes-embedded-resource"):
        return {**kept, "required": sorted({"apiVersion", "kind", *kept.get("required", ())})}
    fields = kept.get("properties", {})
    if closed and "required" in kept:  # a default is set before anything is required
        given = {name for name in fields if "default" not in node["properties"][name]}
        kept["required"] = [name for name in kept["required"] if name in given]
    opened = node.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in node
    if closed and not opened and (fields or node.get("type") == "object"):
        kept["additionalProperties"] = False
    return {key: value for key, value in kept.items() if key != "required" or value}


def portable(pattern: str) -> str:
    """A pattern of Go's regular expressions without the flag (?i), which no other engine takes in that place.

    Raises:
        ValueError: it has more in it than letters and the range a-z, so writing out the case could go wrong.
    """
    if "(?i)" not in pattern:
        return pattern
    bare = pattern.removeprefix("^(?i)")
    classes = "".join(re.findall(r"\[[^]]*]", bare)).replace("a-z", "")
    if bare == pattern or "\\" in bare or any(char.isalpha() for char in classes):
        raise ValueError(f"no way is known to write {pattern!r} without (?i)")
    return "^" + re.sub("a-z|[a-zA-Z]", lambda found: _both_cases(found[0]), bare)


def _both_cases(letters: str) -> str:
    return "a-zA-Z" if letters == "a-z" else f"[{letters.upper()}{letters.lower()}]"


def openapi(name: str, schemas: Mapping[str, Schema], above: tuple[str, ...] = ()) -> Schema:
    """A built-in kind's schema from an OpenAPI v3 document, with every reference replaced by what it names.

    Raises:
        ValueError: a type contains itself; none of the kinds that we take does.
    """
    if name in _OPENAPI_TYPES:
        return _OPENAPI_TYPES[name]
    if name in above:
        raise ValueError(f"{name} contains itself: {' > '.join(above)}")

    def resolved(node: Schema, _slot: str) -> Schema:
        if "$ref" in node:
            return openapi(node["$ref"].rpartition("/")[2], schemas, (*above, name))
        if len(node.get("allOf", ())) == 1:  # how Kubernetes puts a default beside a reference
            return resolved(node["allOf"][0], "")
        # Unlike a CRD's, these defaults are Go's zero values: a required field stays required.
        return mapped({key: value for key, value in node.items() if key != "default"}, resolved)

    return mapped(schemas[name], resolved)
