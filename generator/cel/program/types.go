package main

import (
	"github.com/google/cel-go/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
)

// shape is a JSON Schema (draft 7 or 2020-12) beside the document that its references lead into.
type shape struct {
	at, root node
	above    []string
}

func (s shape) to(at any) (shape, bool) {
	inside, ok := at.(node)
	return shape{inside, s.root, s.above}, ok
}

// plain is the shape behind references, and behind the union with null that optional fields are.
func (s shape) plain() shape {
	for {
		s.at, s.above = referred(s.at, s.root, s.above)
		members, ok := s.at["anyOf"].([]any)
		if !ok {
			return s
		}
		var left []shape
		for _, item := range members {
			if member, ok := s.to(item); ok && member.at["type"] != "null" {
				left = append(left, member)
			}
		}
		if len(left) != 1 {
			return s
		}
		s = left[0]
	}
}

// field is the shape of a field; of a mapping of any keys, of what is in it.
func (s shape) field(name string) (shape, bool) {
	s = s.plain()
	if fields, ok := s.at["properties"].(node); ok {
		return s.to(fields[name])
	}
	return s.values()
}

func (s shape) values() (shape, bool) {
	if found, ok := s.to(s.at["additionalProperties"]); ok {
		return found, true
	}
	patterns, _ := s.at["patternProperties"].(node)
	for _, item := range patterns {
		return s.to(item)
	}
	return shape{}, false
}

func (s shape) items() (shape, bool) {
	s = s.plain()
	return s.to(s.at["items"])
}

// declared is a shape as a type of CEL: what it does not say, or says in two ways, is dyn.
func (s shape) declared(name string) *apiservercel.DeclType {
	s = s.plain()
	switch s.kind() {
	case "object":
		if fields, ok := s.at["properties"].(node); ok {
			made := map[string]*apiservercel.DeclField{}
			for key, item := range fields {
				inside, _ := s.to(item)
				made[key] = apiservercel.NewDeclField(key, inside.declared(name+"."+key), false, nil, nil)
			}
			return apiservercel.NewObjectType(name, made)
		}
		inside := apiservercel.DynType
		if found, ok := s.values(); ok {
			inside = found.declared(name + ".value")
		}
		return apiservercel.NewMapType(apiservercel.StringType, inside, -1)
	case "array":
		inside := apiservercel.DynType
		if found, ok := s.items(); ok {
			inside = found.declared(name + ".item")
		}
		return apiservercel.NewListType(inside, -1)
	case "string":
		return apiservercel.StringType
	case "integer":
		return apiservercel.IntType
	case "number":
		return apiservercel.DoubleType
	case "boolean":
		return apiservercel.BoolType
	}
	return apiservercel.DynType
}

func (s shape) kind() string {
	if said, ok := s.at["type"].(string); ok {
		return said
	}
	if words, ok := s.at["enum"].([]any); ok && len(words) > 0 {
		if _, ok := words[0].(string); ok {
			return "string"
		}
	}
	if _, ok := s.at["const"].(string); ok {
		return "string"
	}
	return ""
}

// fitted is a value with 1 as 1.0 where the shape says number: to CEL the two are of different types.
func (s shape) fitted(value any) any {
	s = s.plain()
	switch value := value.(type) {
	case int64:
		if s.at["type"] == "number" {
			return float64(value)
		}
	case node:
		for key, item := range value {
			if inside, ok := s.field(key); ok {
				value[key] = inside.fitted(item)
			}
		}
	case []any:
		if inside, ok := s.items(); ok {
			for i, item := range value {
				value[i] = inside.fitted(item)
			}
		}
	}
	return value
}

// variable declares a value of a shape; without one it is dyn.
func variable(name string, of *shape) (cel.EnvOption, []*apiservercel.DeclType) {
	if of == nil {
		return cel.Variable(name, cel.DynType), nil
	}
	// A type that is called as the variable would be taken for it.
	declared := of.declared("nearedge." + name)
	return cel.Variable(name, declared.CelType()), []*apiservercel.DeclType{declared}
}
