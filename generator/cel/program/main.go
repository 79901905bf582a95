// nearedge-cel evaluates CEL as a Kubernetes API server does: with its environment, its cost limits and, for the
// rules that CRDs hold (x-kubernetes-validations), its own validator.
//
//	nearedge-cel version       which release of the API server's libraries it is built of
//	nearedge-cel compile       whether the rules of CRDs compile      compile.go
//	nearedge-cel crds          rules of CRDs over objects             crds.go
//	nearedge-cel own           the user's own rules over documents    own.go
//
// A request is JSON on stdin, an answer JSON on stdout. It reads the schema files that a request names, writes nothing
// and opens no connection. Exit code 2 with a sentence on stderr is a request that it does not understand.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"k8s.io/apimachinery/pkg/util/json"
)

// The module whose release is ours: it holds the API server's environment and limits.
const library = "k8s.io/apiserver"

func main() {
	commands := map[string]func([]byte) (any, error){"compile": compile, "crds": crds, "own": own}
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Printf("nearedge-cel %s\n", release())
		return
	}
	if len(os.Args) != 2 || commands[os.Args[1]] == nil {
		fail(fmt.Errorf("usage: nearedge-cel version|compile|crds|own"))
	}
	asked, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	answer, err := commands[os.Args[1]](asked)
	if err != nil {
		fail(err)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		fail(err)
	}
	if _, err := os.Stdout.Write(text); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

// release is what Go wrote into the program about the library.
func release() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == library {
				return module.Version
			}
		}
	}
	return "of unknown version"
}
