package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
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
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	url := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(health)) + "/metrics"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("no stand-in answers here: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	_, err = io.Copy(stdout, response.Body)
	return err
}
