package main

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// service runs the service in the background of a script.
//
//	service start            with the script's variables; where it is stands in $SERVICE
//	service stop             by SIGTERM; what it said is its standard error
func serviceCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: service start|stop")
	}
	switch args[0] {
	case "start":
		ts.Check(ts.Exec("sh", "-c", "kytiem serve >$WORK/.said 2>$WORK/.log & echo $! >$WORK/.pid"))
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if url := readyLine.FindString(ts.ReadFile(".said")); url != "" {
				ts.Setenv("SERVICE", url)
				return
			}
			if time.Now().After(deadline) {
				ts.Fatalf("the service is not ready: %s", ts.ReadFile(".log"))
			}
		}
	case "stop":
		ts.Check(ts.Exec("sh", "-c", "kill $(cat $WORK/.pid) && while kill -0 $(cat $WORK/.pid) 2>/dev/null; do sleep 0.02; done"))
	default:
		ts.Fatalf("service %s: what is meant?", args[0])
	}
}

// status asks the running service, with the token in a file, and compares the status of
// its answer.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: status PATH TOKEN-FILE N")
	}
	r, err := http.NewRequest(http.MethodGet, ts.Getenv("SERVICE")+args[0], nil)
	ts.Check(err)
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(args[1])))
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	if answer.StatusCode != want {
		ts.Fatalf("%s answers %d, want %d", args[0], answer.StatusCode, want)
	}
}
