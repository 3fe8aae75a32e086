package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The protocols that a port can be served and probed with.
const (
	protoHTTP = "http"
	protoGRPC = "grpc"
	protoWS   = "ws"
	protoTCP  = "tcp"
)

const (
	defaultHealthPort = 8081
	defaultDrain      = 5 * time.Second
	maxDrain          = 5 * time.Minute
)

// portSpec is one port of the service: its name, the protocol it speaks and its number.
type portSpec struct {
	Name     string
	Protocol string
	Number   int
}

// serveConfig is what `standin serve` was asked to play.
type serveConfig struct {
	Service string
	Version string
	Health  int
	Ports   []portSpec
	Drain   time.Duration
}

var (
	dnsLabel   = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	labelValue = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
)

// parseServe reads the flags of `standin serve`.
func parseServe(args []string) (serveConfig, error) {
	cfg := serveConfig{Health: defaultHealthPort, Drain: defaultDrain}
	errs := parseFlags([]flagSpec{
		{name: "service", required: true, set: matching(dnsLabel, "a DNS label", &cfg.Service)},
		{name: "version", required: true, set: matching(labelValue, "a label value", &cfg.Version)},
		{name: "port", required: true, repeated: true, set: func(v string) error {
			spec, err := parsePort(v)
			if err == nil {
				cfg.Ports = append(cfg.Ports, spec)
			}
			return err
		}},
		{name: "health", set: func(v string) (err error) {
			cfg.Health, err = portNumber(v)
			return err
		}},
		{name: "drain", set: func(v string) (err error) {
			cfg.Drain, err = boundedDuration(v, maxDrain)
			return err
		}},
	}, args)
	if len(errs) == 1 && errors.Is(errs[0], errHelp) {
		return cfg, errHelp
	}
	errs = append(errs, clashes(cfg)...)
	if len(errs) > 0 {
		return cfg, usageError{errs}
	}
	return cfg, nil
}

// clashes finds ports that share a name or a number with each other or with the health port.
func clashes(cfg serveConfig) []error {
	var errs []error
	names := map[string]bool{}
	numbers := map[int]string{cfg.Health: "--health"}
	for _, p := range cfg.Ports {
		if names[p.Name] {
			errs = append(errs, fmt.Errorf("--port: the name %q is used more than once", p.Name))
		}
		names[p.Name] = true
		if owner, taken := numbers[p.Number]; taken {
			errs = append(errs, fmt.Errorf("--port: %s and %s both use %d", owner, p.Name, p.Number))
			continue
		}
		numbers[p.Number] = p.Name
	}
	return errs
}

// parsePort reads NAME:PROTOCOL:NUMBER.
func parsePort(v string) (portSpec, error) {
	parts := strings.Split(v, ":")
	if len(parts) != 3 {
		return portSpec{}, errors.New("expected NAME:PROTOCOL:NUMBER")
	}
	spec := portSpec{Name: parts[0], Protocol: parts[1]}
	var errs []error
	if !dnsLabel.MatchString(spec.Name) {
		errs = append(errs, fmt.Errorf("the name %q is not a DNS label", spec.Name))
	}
	switch spec.Protocol {
	case protoHTTP, protoGRPC, protoWS, protoTCP:
	default:
		errs = append(errs, fmt.Errorf("the protocol %q is not http, grpc, ws or tcp", spec.Protocol))
	}
	number, err := portNumber(parts[2])
	if err != nil {
		errs = append(errs, err)
	}
	spec.Number = number
	return spec, joinInline(errs)
}

// joinInline joins errors on one line.
func joinInline(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	texts := make([]string, len(errs))
	for i, e := range errs {
		texts[i] = e.Error()
	}
	return errors.New(strings.Join(texts, "; "))
}

func portNumber(v string) (int, error) {
	return boundedInt(v, 1, 65535)
}

func boundedInt(v string, min, max int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < min || n > max {
		return 0, fmt.Errorf("expected a whole number from %d to %d", min, max)
	}
	return n, nil
}

func boundedDuration(v string, max time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > max {
		return 0, fmt.Errorf("expected a duration from 0s to %s, such as 250ms", max)
	}
	return d, nil
}

func matching(re *regexp.Regexp, what string, into *string) func(string) error {
	return func(v string) error {
		if !re.MatchString(v) {
			return errors.New("expected " + what)
		}
		*into = v
		return nil
	}
}
