package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// TestEverySentinelHasItsAnswer: an error that attest can give and that stands in no table
// would be told as a fault of ours.
func TestEverySentinelHasItsAnswer(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../attest/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("problem.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is {
			return true
		}
		for _, name := range spec.Names {
			found++
			if !strings.Contains(string(table), "{attest."+name.Name+",") {
				t.Errorf("attest.%s has no answer", name.Name)
			}
		}
		return false
	})
	if found < 30 {
		t.Errorf("%d sentinels found", found)
	}
}
