// Judge measures pdfcpu's API on one signed document, which it is given: `judge-pdfcpu FILE` prints the median time of a
// hundred validations in microseconds, in one process, or why it gave no answer. It is a module of its own so that the
// service depends on nothing of it.
package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

func main() {
	config := model.NewDefaultConfiguration()
	config.Offline = true // as ours is
	var times []time.Duration
	for range 100 {
		start := time.Now()
		if _, err := api.ValidateSignatures(os.Args[1], true, config); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	fmt.Println(times[len(times)/2].Microseconds())
}
