package main

import (
	"fmt"
	"os"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/util/json"
)

// node is a JSON Schema as plain data.
type node = map[string]any

// The parts of a JSON Schema that hold other schemas: in a mapping, in a list, by themselves.
var (
	inMappings = []string{"properties"}
	inLists    = []string{"allOf", "anyOf", "oneOf"}
	alone      = []string{"items", "additionalProperties", "not"}
)

func readSchema(path string) (node, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	var found node
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, unreadable(path, err)
	}
	return found, nil
}

// readStructural reads one of our files back as the structural schema that the CRD had.
func readStructural(path string) (*schema.Structural, error) {
	root, err := readSchema(path)
	if err != nil {
		return nil, err
	}
	found, err := structural(root)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return found, nil
}

// referred follows a reference into the document itself; a schema that contains itself ends as one that says nothing.
func referred(at, root node, above []string) (node, []string) {
	for {
		name, ok := at["$ref"].(string)
		if !ok {
			return at, above
		}
		for _, seen := range above {
			if seen == name {
				return node{}, above
			}
		}
		above = append(above[:len(above):len(above)], name)
		var found any = root
		for _, step := range strings.Split(strings.TrimPrefix(name, "#/"), "/") {
			inside, _ := found.(node)
			found = inside[step]
		}
		next, ok := found.(node)
		if !ok {
			return node{}, above
		}
		at = next
	}
}

// structural reads one of our files below schemas/kinds back as the structural schema that the CRD had: what
// scripts/structural.py made strict is taken out again, for it is not CEL's business.
func structural(root node) (*schema.Structural, error) {
	body := opened(root, root, nil, true)
	properties, _ := body["properties"].(node)
	// An API server lets rules see the name of an object and nothing else of its metadata.
	properties["metadata"] = node{"type": "object"}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	var external v1.JSONSchemaProps
	if err := json.Unmarshal(text, &external); err != nil {
		return nil, err
	}
	var internal apiextensions.JSONSchemaProps
	if err := v1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&external, &internal, nil); err != nil {
		return nil, err
	}
	return schema.NewStructural(&internal)
}

// opened is a schema without references and without what only JSON Schema has. `spine` is off inside allOf, anyOf,
// oneOf and not, which only narrow what the schema around them lists.
func opened(at, root node, above []string, spine bool) node {
	at, above = referred(at, root, above)
	made := node{}
	for key, value := range at {
		switch key {
		case "$schema", "definitions", "propertyNames", "uniqueItems":
		default:
			made[key] = value
		}
	}
	if _, several := at["type"].([]any); several {
		delete(made, "type")
		made["x-kubernetes-int-or-string"] = true
	}
	for _, key := range inMappings {
		if items, ok := at[key].(node); ok {
			inside := node{}
			for name, item := range items {
				inside[name] = opened(item.(node), root, above, spine)
			}
			made[key] = inside
		}
	}
	for _, key := range inLists {
		if items, ok := at[key].([]any); ok {
			inside := []any{}
			for _, item := range items {
				inside = append(inside, opened(item.(node), root, above, false))
			}
			made[key] = inside
		}
	}
	for _, key := range alone {
		if item, ok := at[key].(node); ok {
			made[key] = opened(item, root, above, spine && key != "not")
		}
	}
	more, said := at["additionalProperties"]
	if closed, ok := more.(bool); ok && !closed {
		delete(made, "additionalProperties")
	}
	if spine && !said && (at["type"] == "object" || len(at) == 0) {
		made["x-kubernetes-preserve-unknown-fields"] = true
	}
	return made
}

func unreadable(path string, err error) error { return fmt.Errorf("%s: %w", path, err) }
