// Command standin simulates a service of the platform, and probes such stand-ins.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes of every subcommand.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

const usage = `usage:
  standin serve --service NAME --version VERSION [--port NAME:PROTOCOL:[ADDRESS:]NUMBER ...] [--health 8081]
                [--drain 5s] [--figure NAME ...] [--errors PERCENT] [--delay 300ms] [--bad-figures PERCENT]
                [--tls FILE]    (FILE: certificate and key of the https ports)
  standin probe [--concurrency 8]    (reads a JSON array of requests on stdin, prints one JSON result per line)
  standin load [--rate 100] [--duration 10s] [--connections 8]    (sends such requests in turn at a constant rate)
  standin metrics [--health 8081]    (prints the metrics of the local stand-in)
  standin collect [--otlp 4317] [--query 16686] [--health 8081] [--spans 20000]    (stores the most recent spans that proxies send)
  standin traces [--query 16686] [--trace ID]    (prints the traces of the local collector)

PROTOCOL is http, https, grpc, ws or tcp.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	// A second signal ends the process immediately.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without global state.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	var err error
	switch args[0] {
	case "serve":
		err = runServe(ctx, args[1:], stdout)
	case "probe":
		err = runProbe(ctx, args[1:], stdin, stdout)
	case "load":
		err = runLoad(ctx, args[1:], stdin, stdout)
	case "metrics":
		err = runMetrics(ctx, args[1:], stdout)
	case "collect":
		err = runCollect(ctx, args[1:], stdout)
	case "traces":
		err = runTraces(ctx, args[1:], stdout)
	case "help", "--help", "-h":
		err = errHelp
	default:
		err = usageError{[]error{fmt.Errorf("unknown command %q: expected serve, probe, load, metrics, collect or traces", args[0])}}
	}
	return report(err, stdout, stderr)
}

// report prints each error on a separate line and returns the exit code.
func report(err error, stdout, stderr io.Writer) int {
	var wrong usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errHelp):
		fmt.Fprint(stdout, usage)
		return exitOK
	case errors.As(err, &wrong):
		for _, e := range wrong.errs {
			fmt.Fprintln(stderr, "standin:", e)
		}
		return exitUsage
	default:
		fmt.Fprintln(stderr, "standin:", err)
		return exitFailure
	}
}
