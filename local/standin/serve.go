package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"
)

// stopGrace is the timeout of open requests after the drain.
const stopGrace = 5 * time.Second

// portServer serves one port. stop waits for open requests until ctx ends, then aborts them.
type portServer interface {
	serve(net.Listener) error
	stop(ctx context.Context)
}

// runServe is `standin serve`: it serves until ctx ends, then drains.
func runServe(ctx context.Context, args []string, stdout io.Writer) error {
	cfg, err := parseServe(args)
	if err != nil {
		return err
	}
	s, err := newServer(cfg)
	if err != nil {
		return err
	}
	return s.run(ctx, slog.New(slog.NewJSONHandler(stdout, nil)))
}

// server is a running stand-in: a listener and a portServer for each port, and the health port.
type server struct {
	cfg       serveConfig
	id        identity
	state     *healthState
	health    portServer
	ports     []portServer
	listeners []net.Listener
	healthL   net.Listener
	failed    chan error
}

// newServer binds the health port and every port of cfg, and starts serving them. It reports all ports that cannot be bound.
func newServer(cfg serveConfig) (*server, error) {
	s := &server{
		cfg:    cfg,
		id:     identity{Service: cfg.Service, Version: cfg.Version, Pod: hostname()},
		state:  &healthState{},
		failed: make(chan error, len(cfg.Ports)+1),
	}
	counts := newMetrics()
	counts.figures = &figures{names: cfg.Figures, bad: share{percent: cfg.Defects.Figures}}
	errored := &share{percent: cfg.Defects.Errors}
	var errs []error
	secure, err := tlsConfig(cfg.TLSPair)
	if err != nil {
		errs = append(errs, err)
	}
	if s.healthL, err = listen("", cfg.Health); err != nil {
		errs = append(errs, fmt.Errorf("health port: %w", err))
	}
	for _, spec := range cfg.Ports {
		l, err := listen(spec.Address, spec.Number)
		if err != nil {
			errs = append(errs, fmt.Errorf("port %s: %w", spec.Name, err))
			continue
		}
		s.listeners = append(s.listeners, l)
		s.ports = append(s.ports, newPortServer(port{spec: spec, id: s.id, metrics: counts, delay: cfg.Defects.Delay, errored: errored}, secure))
	}
	if len(errs) > 0 {
		for _, l := range append(s.listeners, s.healthL) {
			if l != nil {
				l.Close()
			}
		}
		return nil, errors.Join(errs...)
	}
	s.health = newHealthPort(s.state, counts)
	s.start("health", s.health, s.healthL)
	for i, p := range s.ports {
		s.start(cfg.Ports[i].Name, p, s.listeners[i])
	}
	s.state.set(stateReady)
	return s, nil
}

func (s *server) start(name string, p portServer, l net.Listener) {
	go func() {
		if err := p.serve(l); err != nil {
			s.failed <- fmt.Errorf("port %s: %w", name, err)
		}
	}()
}

// run waits until ctx ends or a port fails, then drains and stops. While draining, all ports still serve requests; only the
// readiness probe fails.
func (s *server) run(ctx context.Context, log *slog.Logger) error {
	log.Info("started", "service", s.id.Service, "version", s.id.Version, "pod", s.id.Pod,
		"health", s.healthL.Addr().String(), "ports", s.addresses())
	var failure error
	select {
	case <-ctx.Done():
		s.state.set(stateDraining)
		for _, p := range s.ports {
			if d, ok := p.(interface{ drain() }); ok {
				d.drain()
			}
		}
		log.Info("draining", "service", s.id.Service, "drain", s.cfg.Drain.String())
		time.Sleep(s.cfg.Drain)
	case failure = <-s.failed:
		s.state.set(stateDraining)
	}
	s.stop()
	if failure != nil {
		log.Error("stopped", "service", s.id.Service, "error", failure.Error())
		return failure
	}
	log.Info("stopped", "service", s.id.Service)
	return nil
}

// stop stops all ports in parallel, the health port last.
func (s *server) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	done := make(chan struct{})
	for _, p := range s.ports {
		go func() {
			p.stop(ctx)
			done <- struct{}{}
		}()
	}
	for range s.ports {
		<-done
	}
	s.health.stop(ctx)
}

// addresses maps each port's name to the address it is bound to.
func (s *server) addresses() map[string]string {
	out := make(map[string]string, len(s.listeners))
	for i, l := range s.listeners {
		out[s.cfg.Ports[i].Name] = l.Addr().String()
	}
	return out
}

func newPortServer(p port, secure *tls.Config) portServer {
	switch p.spec.Protocol {
	case protoHTTPS:
		return newHTTPSPort(p, secure)
	case protoGRPC:
		return newGRPCPort(p)
	case protoWS:
		return newWSPort(p)
	case protoTCP:
		return newTCPPort(p)
	default:
		return newHTTPPort(p)
	}
}

func listen(address string, number int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(number)))
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
