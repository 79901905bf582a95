package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// ownAsked has rules, the types that `self` can have in each, and what they are asked about.
type ownAsked struct {
	// Files of JSON Schemas, or the schemas themselves, by name.
	Types map[string]struct {
		File   string `json:"file"`
		Schema node   `json:"schema"`
	} `json:"types"`
	// The type of the variable `cluster`.
	Cluster string `json:"cluster"`
	Rules   []struct {
		Rule    string   `json:"rule"`
		Message string   `json:"message"`
		Each    []string `json:"each"`
		Types   []string `json:"types"`
	} `json:"rules"`
	Clusters []node `json:"clusters"`
	Subjects []struct {
		Rule    int `json:"rule"`
		Type    int `json:"type"`
		Self    any `json:"self"`
		Cluster int `json:"cluster"`
	} `json:"subjects"`
}

// fault is what is wrong with an expression, at its line (from 1) and column (from 0).
type fault struct {
	Part    string `json:"part"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// verdict is what a rule says of a subject. Over: it came to the end of what it may cost.
type verdict struct {
	Holds   bool   `json:"holds"`
	Message string `json:"message,omitempty"`
	Error   string `json:"error,omitempty"`
	Over    bool   `json:"over,omitempty"`
}

// ownAnswer has the faults of every rule for each of its types, and the verdict on every subject.
type ownAnswer struct {
	Rules    [][][]fault `json:"rules"`
	Verdicts []verdict   `json:"verdicts"`
}

// program is a rule compiled for one type of `self`.
type program struct {
	rule, message cel.Program
	self          *shape
}

// timeForVerdict bounds what the cost limit lets through on a machine that is busy; the limit means a tenth of a second.
const timeForVerdict = 5 * time.Second

// leastCalls is for how many calls a rule may cost the limit where there are fewer clusters: groups, models, examples.
const leastCalls = 10

func own(asked []byte) (any, error) {
	var request ownAsked
	if err := json.Unmarshal(asked, &request); err != nil {
		return nil, err
	}
	shapes := map[string]*shape{}
	for name, given := range request.Types {
		root := given.Schema
		if given.File != "" {
			found, err := readSchema(given.File)
			if err != nil {
				return nil, err
			}
			root = found
		}
		shapes[name] = &shape{root, root, nil}
	}
	answer := ownAnswer{Rules: make([][][]fault, len(request.Rules)), Verdicts: make([]verdict, len(request.Subjects))}
	programs := make([][]*program, len(request.Rules))
	for i, rule := range request.Rules {
		for _, name := range rule.Types {
			made, faults := compiled(rule.Rule, rule.Message, rule.Each, shapes[name], shapes[request.Cluster])
			programs[i] = append(programs[i], made)
			answer.Rules[i] = append(answer.Rules[i], faults)
		}
	}
	for i := range request.Clusters {
		if of := shapes[request.Cluster]; of != nil {
			of.fitted(request.Clusters[i])
		}
	}
	// All that a rule may cost in this request, beside the limit of each call.
	most := uint64(celconfig.PerCallLimit) * uint64(max(leastCalls, len(request.Clusters)))
	spent := map[int]uint64{}
	for i, subject := range request.Subjects {
		made := programs[subject.Rule][subject.Type]
		if made == nil || spent[subject.Rule] > most {
			// It was said what is wrong with the rule; a rule that has cost too much is not asked again.
			answer.Verdicts[i] = verdict{Holds: true}
			continue
		}
		var cluster any = node{}
		if subject.Cluster >= 0 {
			cluster = request.Clusters[subject.Cluster]
		}
		found, cost := made.asked(subject.Self, cluster)
		spent[subject.Rule] += cost
		if found.Over {
			spent[subject.Rule] = most + 1
		} else if spent[subject.Rule] > most {
			found = verdict{Error: "all of it costs more than the limit of one call for each cluster", Over: true}
		}
		answer.Verdicts[i] = found
	}
	return answer, nil
}

func compiled(rule, message string, each []string, self, cluster *shape) (*program, []fault) {
	faults := []fault{}
	if self != nil && len(each) > 0 {
		item, wrong := below(*self, each)
		if wrong != "" {
			return nil, append(faults, fault{"each", 1, 0, wrong})
		}
		self = item
	}
	selfOption, selfTypes := variable("self", self)
	clusterOption, clusterTypes := variable("cluster", cluster)
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	extended, err := base.Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions:        []cel.EnvOption{selfOption, clusterOption},
		DeclTypes:         append(append([]*apiservercel.DeclType{}, selfTypes...), clusterTypes...),
	})
	if err != nil {
		return nil, append(faults, fault{"rule", 1, 0, err.Error()})
	}
	env := extended.StoredExpressionsEnv()
	made := &program{self: self}
	made.rule, faults = expression(env, "rule", rule, cel.BoolType, faults)
	if message != "" {
		made.message, faults = expression(env, "messageExpression", message, cel.StringType, faults)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return made, faults
}

// below is the shape of the items of a list.
func below(self shape, each []string) (*shape, string) {
	for i, step := range each {
		found, ok := self.field(step)
		if !ok {
			return nil, fmt.Sprintf("there is no field %s", strings.Join(each[:i+1], "."))
		}
		self = found
	}
	item, ok := self.items()
	if !ok {
		return nil, fmt.Sprintf("%s is no list", strings.Join(each, "."))
	}
	return &item, ""
}

func expression(env *cel.Env, part, text string, wanted *cel.Type, faults []fault) (cel.Program, []fault) {
	ast, issues := env.Compile(text)
	if issues != nil && issues.Err() != nil {
		for _, one := range issues.Errors() {
			faults = append(faults, fault{part, one.Location.Line(), one.Location.Column(), one.Message})
		}
		return nil, faults
	}
	if out := ast.OutputType(); !out.IsExactType(wanted) && !out.IsExactType(cel.DynType) {
		return nil, append(faults, fault{part, 1, 0, fmt.Sprintf("gives %s, and has to give %s", out, wanted)})
	}
	made, err := env.Program(ast, cel.CostLimit(celconfig.PerCallLimit), cel.InterruptCheckFrequency(celconfig.CheckFrequency))
	if err != nil {
		return nil, append(faults, fault{part, 1, 0, err.Error()})
	}
	return made, faults
}

// asked gives the verdict and what it cost.
func (made *program) asked(self, cluster any) (verdict, uint64) {
	if made.self != nil {
		self = made.self.fitted(self)
	}
	ends, cancel := context.WithTimeout(context.Background(), timeForVerdict)
	defer cancel()
	values := map[string]any{"self": self, "cluster": cluster}
	found, details, err := made.rule.ContextEval(ends, values)
	cost := costOf(details)
	if err != nil {
		return failed(ends, err), cost
	}
	if found == types.True {
		return verdict{Holds: true}, cost
	}
	if found != types.False {
		return verdict{Error: fmt.Sprintf("gives %s, and has to give bool", found.Type())}, cost
	}
	if made.message == nil {
		return verdict{}, cost
	}
	// As with CRDs: what gives no message leaves the one that is written down.
	said, details, err := made.message.ContextEval(ends, values)
	cost += costOf(details)
	if err != nil {
		return verdict{Over: failed(ends, err).Over}, cost
	}
	text, ok := said.Value().(string)
	if !ok {
		return verdict{}, cost
	}
	if len(text) > celconfig.MaxEvaluatedMessageExpressionSizeBytes {
		text = strings.ToValidUTF8(text[:celconfig.MaxEvaluatedMessageExpressionSizeBytes], "")
	}
	return verdict{Message: text}, cost
}

// costOf is what a call cost; one that nobody counted cost all that it may.
func costOf(details *cel.EvalDetails) uint64 {
	if details == nil || details.ActualCost() == nil {
		return celconfig.PerCallLimit
	}
	return *details.ActualCost()
}

func failed(ends context.Context, err error) verdict {
	over := errors.Is(ends.Err(), context.DeadlineExceeded) || strings.Contains(err.Error(), "actual cost limit exceeded")
	return verdict{Error: err.Error(), Over: over}
}
