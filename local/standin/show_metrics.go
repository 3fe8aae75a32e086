package main

import (
	"context"
	"io"
)

// runMetrics is `standin metrics`: it prints the metrics of the stand-in in the same pod, whose image contains no other
// program.
func runMetrics(ctx context.Context, args []string, stdout io.Writer) error {
	health := defaultHealthPort
	errs := parseFlags([]flagSpec{{name: "health", set: func(v string) (err error) {
		health, err = portNumber(v)
		return err
	}}}, args)
	if err := flagError(errs); err != nil {
		return err
	}
	return printLocal(ctx, health, "/metrics", "no stand-in is running here", stdout)
}
