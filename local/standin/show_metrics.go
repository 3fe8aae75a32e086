package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
)

// runMetrics is `standin metrics`: it prints the metrics of the stand-in that runs beside it, for a look into a pod
// whose image holds no other program.
func runMetrics(ctx context.Context, args []string, stdout io.Writer) error {
	health := defaultHealthPort
	errs := parseFlags([]flagSpec{{name: "health", set: func(v string) (err error) {
		health, err = portNumber(v)
		return err
	}}}, args)
	if len(errs) == 1 && errors.Is(errs[0], errHelp) {
		return errHelp
	}
	if len(errs) > 0 {
		return usageError{errs}
	}
	url := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(health)) + "/metrics"
	return printOwn(ctx, url, "no stand-in answers here", stdout)
}
