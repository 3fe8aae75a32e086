package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const (
	maxRate             = 5000
	maxLoadDuration     = 10 * time.Minute
	defaultRate         = 100
	defaultLoadDuration = 10 * time.Second
)

// load sends requests at a constant rate, independent of the responses (an open loop).
type load struct {
	rate        int
	duration    time.Duration
	connections int
	requests    []*request
}

// loadResult is the result of a load on stdout. Times are in microseconds, one for each response, unordered.
type loadResult struct {
	Statuses map[string]int `json:"statuses"`
	Errors   map[string]int `json:"errors"`
	// Micros are the latencies from the time at which a request was due, including the wait for a connection.
	Micros []int64 `json:"micros"`
	// LateMicros are the delays between due time and start, which limit the accuracy of Micros.
	LateMicros []int64 `json:"lateMicros"`
}

// runLoad is `standin load`: it sends the requests on stdin in turn, at a constant rate, over persistent connections.
func runLoad(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	l := load{rate: defaultRate, duration: defaultLoadDuration, connections: defaultConcurrency}
	errs := parseFlags([]flagSpec{
		{name: "rate", set: func(v string) (err error) {
			l.rate, err = boundedInt(v, 1, maxRate)
			return err
		}},
		{name: "duration", set: func(v string) (err error) {
			l.duration, err = boundedDuration(v, maxLoadDuration)
			return err
		}},
		{name: "connections", set: func(v string) (err error) {
			l.connections, err = boundedInt(v, 1, maxConcurrency)
			return err
		}},
	}, args)
	if len(errs) == 1 && errors.Is(errs[0], errHelp) {
		return errHelp
	}
	requests, invalid := readRequests(stdin)
	errs = append(errs, invalid...)
	for i, r := range requests {
		if r.Protocol != protoHTTP || r.TLS != nil || r.Attempts != 1 {
			errs = append(errs, fmt.Errorf("request %d (id %q): load supports http only, without tls and attempts", i, r.ID))
		}
	}
	if len(requests) == 0 && len(invalid) == 0 {
		errs = append(errs, errors.New("stdin: expected at least one request"))
	}
	if len(errs) > 0 {
		return usageError{errs}
	}
	l.requests = requests
	result := l.run(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted: %w", context.Cause(ctx))
	}
	return json.NewEncoder(stdout).Encode(result)
}

// run sends all requests and waits for the outstanding responses.
func (l load) run(ctx context.Context) loadResult {
	client := &http.Client{
		Transport: &http.Transport{
			MaxConnsPerHost:     l.connections,
			MaxIdleConnsPerHost: l.connections,
			DisableCompression:  true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	result := loadResult{Statuses: map[string]int{}, Errors: map[string]int{}, Micros: []int64{}, LateMicros: []int64{}}
	var (
		mu sync.Mutex
		wg sync.WaitGroup
	)
	interval := time.Second / time.Duration(l.rate)
	start := time.Now().Add(interval)
	// A dedicated thread and nanosleep: Go's timers are up to a millisecond late, more than the latencies to measure.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := range int(l.duration / interval) {
		due := start.Add(time.Duration(i) * interval)
		sleepUntil(due)
		if ctx.Err() != nil {
			break
		}
		r := l.requests[i%len(l.requests)]
		wg.Go(func() {
			late := time.Since(due)
			status, err := once(ctx, client, r)
			took := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			result.LateMicros = append(result.LateMicros, late.Microseconds())
			if err != nil {
				result.Errors[err.Error()]++
				return
			}
			result.Statuses[strconv.Itoa(status)]++
			result.Micros = append(result.Micros, took.Microseconds())
		})
	}
	wg.Wait()
	return result
}

func sleepUntil(due time.Time) {
	for left := time.Until(due); left > 0; left = time.Until(due) {
		pause := syscall.NsecToTimespec(left.Nanoseconds())
		_ = syscall.Nanosleep(&pause, nil) // A signal may cut it short.
	}
}

// once sends a request and reads the whole response.
func once(ctx context.Context, client *http.Client, r *request) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, "http://"+r.Address+r.Path, nil)
	if err != nil {
		return 0, err
	}
	req.Host = r.authority()
	req.Header.Set("User-Agent", userAgent)
	for name, value := range r.Headers {
		req.Header.Set(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxResponse)); err != nil {
		return 0, err
	}
	return resp.StatusCode, nil
}
