package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

const (
	defaultOTLPPort  = 4317
	defaultQueryPort = 16686
	defaultKept      = 20_000
	maxKept          = 1_000_000
)

// collectConfig holds the ports of `standin collect` and the number of spans that it stores.
type collectConfig struct{ OTLP, Query, Health, Kept int }

func parseCollect(args []string) (collectConfig, error) {
	cfg := collectConfig{defaultOTLPPort, defaultQueryPort, defaultHealthPort, defaultKept}
	port := func(into *int) func(string) error {
		return func(v string) (err error) {
			*into, err = portNumber(v)
			return err
		}
	}
	errs := parseFlags([]flagSpec{
		{name: "otlp", set: port(&cfg.OTLP)},
		{name: "query", set: port(&cfg.Query)},
		{name: "health", set: port(&cfg.Health)},
		{name: "spans", set: func(v string) (err error) {
			cfg.Kept, err = boundedInt(v, 1, maxKept)
			return err
		}},
	}, args)
	return cfg, flagError(errs)
}

// runCollect is `standin collect`: it receives spans until ctx ends, and then drops them.
func runCollect(ctx context.Context, args []string, stdout io.Writer) error {
	cfg, err := parseCollect(args)
	if err != nil {
		return err
	}
	c, err := newCollector(cfg)
	if err != nil {
		return err
	}
	return c.run(ctx, slog.New(slog.NewJSONHandler(stdout, nil)))
}

// collector receives spans by OTLP over gRPC. It serves queries on loopback only: the mesh allows proxies to send spans, and
// no workload to read them.
type collector struct {
	spans     *spanStore
	servers   []portServer
	listeners []net.Listener
	state     *healthState
}

func newCollector(cfg collectConfig) (*collector, error) {
	c := &collector{spans: newSpanStore(cfg.Kept), state: &healthState{}}
	query := http.NewServeMux()
	query.Handle("GET /api/traces", c.spans)
	c.servers = []portServer{newOTLPPort(c.spans), newHTTPServer(query, false), newHealthPort(c.state, newMetrics())}
	var errs []error
	for _, at := range []struct {
		address string
		number  int
	}{{"", cfg.OTLP}, {"127.0.0.1", cfg.Query}, {"", cfg.Health}} {
		l, err := listen(at.address, at.number)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c.listeners = append(c.listeners, l)
	}
	if len(errs) > 0 {
		for _, l := range c.listeners {
			l.Close()
		}
		return nil, errors.Join(errs...)
	}
	return c, nil
}

func (c *collector) run(ctx context.Context, log *slog.Logger) error {
	failed := make(chan error, len(c.servers))
	for i, s := range c.servers {
		go func() {
			if err := s.serve(c.listeners[i]); err != nil {
				failed <- fmt.Errorf("%s: %w", c.listeners[i].Addr(), err)
			}
		}()
	}
	c.state.set(stateReady)
	log.Info("started", "otlp", c.listeners[0].Addr().String(), "query", c.listeners[1].Addr().String(), "spans", len(c.spans.ring))
	var failure error
	select {
	case <-ctx.Done():
	case failure = <-failed:
	}
	c.state.set(stateDraining)
	stopping, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	for _, s := range c.servers {
		s.stop(stopping)
	}
	return failure
}

// otlpPort is OTLP's trace service.
type otlpPort struct{ server *grpc.Server }

// newOTLPPort defines the service's only method by hand: its request has the same fields as TracesData, its response is empty,
// and the package with the generated types depends on a whole gateway.
func newOTLPPort(spans *spanStore) otlpPort {
	server := grpc.NewServer(grpc.MaxConcurrentStreams(100))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "opentelemetry.proto.collector.trace.v1.TraceService",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{
			MethodName: "Export",
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				exported := &tracev1.TracesData{}
				if err := decode(exported); err != nil {
					return nil, err
				}
				spans.add(exported)
				return &emptypb.Empty{}, nil
			},
		}},
	}, struct{}{})
	return otlpPort{server}
}

func (o otlpPort) serve(l net.Listener) error {
	if err := o.server.Serve(l); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// stop closes the proxies' connections, which they keep open forever.
func (o otlpPort) stop(context.Context) { o.server.Stop() }

// runTraces is `standin traces`: it prints the traces of the collector in the same pod.
func runTraces(ctx context.Context, args []string, stdout io.Writer) error {
	at, trace := defaultQueryPort, ""
	errs := parseFlags([]flagSpec{
		{name: "query", set: func(v string) (err error) {
			at, err = portNumber(v)
			return err
		}},
		{name: "trace", set: matching(traceID, "a trace ID of 32 hexadecimal digits", &trace)},
	}, args)
	if err := flagError(errs); err != nil {
		return err
	}
	path := "/api/traces"
	if trace != "" {
		path += "?trace=" + trace
	}
	return printLocal(ctx, at, path, "no collector is running here", stdout)
}

// printLocal prints the response of a local port.
func printLocal(ctx context.Context, port int, path, silent string, stdout io.Writer) error {
	url := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) + path
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", silent, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s returned %s", url, response.Status)
	}
	_, err = io.Copy(stdout, response.Body)
	return err
}
