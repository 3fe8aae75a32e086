package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

const (
	defaultConcurrency = 8
	maxConcurrency     = 256
)

// The delay before a retry doubles from the first to the second of these.
const (
	firstRetryDelay = 250 * time.Millisecond
	maxRetryDelay   = 2 * time.Second
)

// runProbe is `standin probe`: it sends the requests on stdin and writes each result as soon as it is known.
func runProbe(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	concurrency := defaultConcurrency
	errs := parseFlags([]flagSpec{{name: "concurrency", set: func(v string) (err error) {
		concurrency, err = boundedInt(v, 1, maxConcurrency)
		return err
	}}}, args)
	if len(errs) == 1 && errors.Is(errs[0], errHelp) {
		return errHelp
	}
	requests, invalid := readRequests(stdin)
	if errs = append(errs, invalid...); len(errs) > 0 {
		return usageError{errs}
	}
	return (&prober{resolver: net.DefaultResolver}).runAll(ctx, requests, concurrency, stdout)
}

// prober sends requests, each on a new connection.
type prober struct{ resolver *net.Resolver }

// runAll sends all requests, at most concurrency at a time. It fails only if a request was interrupted or a result could not
// be written.
func (p *prober) runAll(ctx context.Context, requests []*request, concurrency int, out io.Writer) error {
	var (
		mu    sync.Mutex
		first error
		wg    sync.WaitGroup
		work  = make(chan *request)
	)
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if first == nil {
			first = err
		}
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for range min(concurrency, len(requests)) {
		wg.Go(func() {
			for r := range work {
				res := p.run(ctx, r)
				if ctx.Err() != nil {
					fail(fmt.Errorf("interrupted: %w", context.Cause(ctx)))
					continue
				}
				mu.Lock()
				err := enc.Encode(res)
				mu.Unlock()
				if err != nil {
					fail(fmt.Errorf("writing a result: %w", err))
				}
			}
		})
	}
	for _, r := range requests {
		work <- r
	}
	close(work)
	wg.Wait()
	return first
}

// run sends a request, and retries it while the target is unavailable and attempts are left.
func (p *prober) run(ctx context.Context, r *request) result {
	pause := firstRetryDelay
	for attempt := 1; ; attempt++ {
		res := p.attempt(ctx, r)
		res.ID, res.Attempts = r.ID, attempt
		if !res.unavailable || attempt >= r.Attempts || !sleep(ctx, pause) {
			return res
		}
		pause = min(2*pause, maxRetryDelay)
	}
}

// attempt sends a request once.
func (p *prober) attempt(ctx context.Context, r *request) result {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, r.timeout())
	defer cancel()
	conn, res := p.dial(ctx, r)
	if conn != nil {
		// Set the deadline on the connection too, so that blocked reads and writes end.
		stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
		defer stop()
		defer conn.Close()
		switch r.Protocol {
		case protoGRPC:
			res = probeGRPC(conn, r)
		case protoWS:
			res = probeWS(ctx, conn, r)
		case protoTCP:
			res = probeTCP(conn, r)
		default:
			res = probeHTTP(conn, r)
		}
	}
	res.Ms = time.Since(start).Milliseconds()
	return res
}
