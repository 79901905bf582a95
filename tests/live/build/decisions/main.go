// Decisions lets workloads come to Kueue's own queues and scheduler, in one process and without an API server, and
// writes down who is admitted:
//
//	decisions <cases.json >told.json
//
// What would come from an API server is played by the fake client of controller-runtime, and the clock only moves
// between cycles. Pod sets are made by Kueue's own integrations from the objects as they are applied.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// Case is one cluster: what has to be there, who comes, and in which orders.
type Case struct {
	Name    string            `json:"name"`
	Objects []json.RawMessage `json:"objects"`
	Works   []Work            `json:"works"`
	Orders  [][]int           `json:"orders"`
}

// Work is a workload of the spec: an object that Kueue makes one Workload of, or a pod that there are Copies of.
type Work struct {
	Name   string          `json:"name"`
	Object json.RawMessage `json:"object"`
	Copies int             `json:"copies"`
}

// Told says of each order who is admitted at its end, and of each workload why it was not where it was not first.
type Told struct {
	Name     string            `json:"name"`
	Outcomes [][]bool          `json:"outcomes"`
	Words    map[string]string `json:"words,omitempty"`
	Error    string            `json:"error,omitempty"`
}

func main() {
	ctrl.SetLogger(logr.Discard())
	debug.SetGCPercent(400) // clusters are small and short-lived
	decoder, encoder := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	ctx := ctrl.LoggerInto(context.Background(), logr.Discard())
	for decoder.More() {
		var one Case
		if err := decoder.Decode(&one); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := encoder.Encode(tell(ctx, &one)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func tell(ctx context.Context, one *Case) Told {
	told := Told{Name: one.Name, Words: map[string]string{}}
	for _, order := range one.Orders {
		admitted, words, err := run(ctx, one, order)
		if err != nil {
			told.Error = err.Error()
			return told
		}
		told.Outcomes = append(told.Outcomes, admitted)
		for name, said := range words {
			if _, there := told.Words[name]; !there {
				told.Words[name] = said
			}
		}
	}
	return told
}
