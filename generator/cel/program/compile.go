package main

import (
	"fmt"
	"sort"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apimachinery/pkg/util/json"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// compileAnswer says how many rules schemas hold, and which of them cannot be compiled.
type compileAnswer struct {
	Rules  int      `json:"rules"`
	Broken []string `json:"broken"`
}

// compile holds schemas as we ship them against the compiler: a rule that does not compile would refuse every object.
func compile(asked []byte) (any, error) {
	var request crdsAsked
	if err := json.Unmarshal(asked, &request); err != nil {
		return nil, err
	}
	answer := compileAnswer{Broken: []string{}}
	for _, path := range request.Schemas {
		found, err := readStructural(path)
		if err != nil {
			return nil, err
		}
		answer.walk(path, found, true)
	}
	sort.Strings(answer.Broken)
	return answer, nil
}

func (answer *compileAnswer) walk(place string, at *schema.Structural, root bool) {
	if at == nil {
		return
	}
	answer.Rules += len(at.XValidations)
	if len(at.XValidations) > 0 {
		base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
		of := model.SchemaDeclType(at, root)
		results, err := cel.Compile(at, of, celconfig.PerCallLimit, base, cel.StoredExpressionsEnvLoader())
		if err != nil {
			answer.Broken = append(answer.Broken, fmt.Sprintf("%s: %v", place, err))
		}
		for i, result := range results {
			if result.Error != nil {
				answer.Broken = append(answer.Broken, fmt.Sprintf("%s: %s: %v", place, at.XValidations[i].Rule, result.Error))
			}
		}
	}
	for name, inside := range at.Properties {
		answer.walk(place+"."+name, &inside, inside.XEmbeddedResource)
	}
	answer.walk(place+"[]", at.Items, false)
	if at.AdditionalProperties != nil {
		answer.walk(place+"{}", at.AdditionalProperties.Structural, false)
	}
}
