package main

import (
	"context"
	"sort"
	"time"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apimachinery/pkg/util/json"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// crdsAsked names schema files, and gives objects each with the number of its schema.
type crdsAsked struct {
	Schemas []string `json:"schemas"`
	Objects []struct {
		Schema int  `json:"schema"`
		Object node `json:"object"`
	} `json:"objects"`
}

// misfit is a rule that does not hold: the field that it is about, and what the API server would say.
type misfit struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// crdsAnswer has the misfits of every object in its place, and how many schemas hold rules.
type crdsAnswer struct {
	Objects [][]misfit `json:"objects"`
	Holding int        `json:"holding"`
}

// timeForObject bounds what the cost budget lets through on a machine that is busy; the budget means a second.
const timeForObject = 30 * time.Second

// crds does what an API server does with a new object behind the schema: defaults are set, then all rules asked.
// There is no older object, so rules about changes (oldSelf) are not.
func crds(asked []byte) (any, error) {
	var request crdsAsked
	if err := json.Unmarshal(asked, &request); err != nil {
		return nil, err
	}
	structurals := make([]*schema.Structural, len(request.Schemas))
	validators := make([]*cel.Validator, len(request.Schemas))
	answer := crdsAnswer{Objects: make([][]misfit, len(request.Objects))}
	for i, path := range request.Schemas {
		found, err := readStructural(path)
		if err != nil {
			return nil, err
		}
		structurals[i] = found
		validators[i] = cel.NewValidator(found, true, celconfig.PerCallLimit)
		if validators[i] != nil {
			answer.Holding++
		}
	}
	for i, item := range request.Objects {
		answer.Objects[i] = misfits(structurals[item.Schema], validators[item.Schema], item.Object)
	}
	return answer, nil
}

func misfits(of *schema.Structural, validator *cel.Validator, object node) []misfit {
	found := []misfit{}
	if validator == nil {
		return found
	}
	ends, cancel := context.WithTimeout(context.Background(), timeForObject)
	defer cancel()
	defaulting.Default(object, of)
	wrong, _ := validator.Validate(ends, nil, of, object, nil, celconfig.RuntimeCELCostBudget)
	for _, one := range wrong {
		found = append(found, misfit{one.Field, one.ErrorBody()})
	}
	// Fields come in the order of a map.
	sort.SliceStable(found, func(i, j int) bool {
		return found[i].Field+"\x00"+found[i].Detail < found[j].Field+"\x00"+found[j].Detail
	})
	return found
}
