package main

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The protocols of served and probed ports.
const (
	protoHTTP  = "http"
	protoHTTPS = "https" // served only: a probe uses http with tls
	protoGRPC  = "grpc"
	protoWS    = "ws"
	protoTCP   = "tcp"
)

const (
	defaultHealthPort = 8081
	defaultDrain      = 5 * time.Second
	maxDrain          = 5 * time.Minute
)

// portSpec is one port of the service: its name, its protocol, its address, or "" for all addresses, and its number.
type portSpec struct {
	Name     string
	Protocol string
	Address  string
	Number   int
}

// serveConfig is the configuration of `standin serve`.
type serveConfig struct {
	Service string
	Version string
	Health  int
	Ports   []portSpec
	Drain   time.Duration
	// Figures are the business metrics (KPIs) to count.
	Figures []string
	Defects defects
	// TLSPair is the file with the certificate and key (PEM) of the https ports.
	TLSPair string
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
		{name: "port", repeated: true, set: func(v string) error {
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
		{name: "figure", repeated: true, set: func(v string) error {
			if knownFigures[v] == nil {
				return fmt.Errorf("expected one of %s", figureNames())
			}
			cfg.Figures = append(cfg.Figures, v)
			return nil
		}},
		{name: "bad-figures", set: func(v string) (err error) {
			cfg.Defects.Figures, err = boundedInt(v, 0, 100)
			return err
		}},
		{name: "errors", set: func(v string) (err error) {
			cfg.Defects.Errors, err = boundedInt(v, 0, 100)
			return err
		}},
		{name: "delay", set: func(v string) (err error) {
			cfg.Defects.Delay, err = boundedDuration(v, maxDelay)
			return err
		}},
		{name: "tls", set: func(v string) error {
			cfg.TLSPair = v
			return nil
		}},
	}, args)
	if len(errs) == 1 && errors.Is(errs[0], errHelp) {
		return cfg, errHelp
	}
	errs = append(errs, clashes(cfg)...)
	errs = append(errs, tlsMismatch(cfg)...)
	if len(errs) > 0 {
		return cfg, usageError{errs}
	}
	return cfg, nil
}

// tlsMismatch finds https ports without a certificate, and a certificate without an https port.
func tlsMismatch(cfg serveConfig) []error {
	var secure []string
	for _, p := range cfg.Ports {
		if p.Protocol == protoHTTPS {
			secure = append(secure, p.Name)
		}
	}
	switch {
	case len(secure) > 0 && cfg.TLSPair == "":
		return []error{fmt.Errorf("--tls is required: the port %s is https", secure[0])}
	case len(secure) == 0 && cfg.TLSPair != "":
		return []error{errors.New("--tls has no effect without an https port")}
	}
	return nil
}

// clashes finds ports with the same name, or with the same number at the same address, including the health port.
func clashes(cfg serveConfig) []error {
	var errs []error
	names := map[string]bool{}
	type place struct {
		address string
		number  int
	}
	places := map[place]string{}
	numbers := map[int]string{}
	take := func(owner string, at place) {
		other, taken := places[at]
		// A port on all addresses clashes with a port on any address.
		if !taken && at.address != "" {
			other, taken = places[place{"", at.number}]
		}
		if !taken && at.address == "" {
			other, taken = numbers[at.number]
		}
		if taken {
			errs = append(errs, fmt.Errorf("--port: %s and %s both use %d", other, owner, at.number))
			return
		}
		places[at], numbers[at.number] = owner, owner
	}
	take("--health", place{"", cfg.Health})
	for _, p := range cfg.Ports {
		if names[p.Name] {
			errs = append(errs, fmt.Errorf("--port: the name %q is used more than once", p.Name))
		}
		names[p.Name] = true
		take(p.Name, place{p.Address, p.Number})
	}
	return errs
}

// parsePort parses NAME:PROTOCOL:[ADDRESS:]NUMBER; the address is IPv4.
func parsePort(v string) (portSpec, error) {
	parts := strings.Split(v, ":")
	if len(parts) != 3 && len(parts) != 4 {
		return portSpec{}, errors.New("expected NAME:PROTOCOL:[ADDRESS:]NUMBER")
	}
	spec := portSpec{Name: parts[0], Protocol: parts[1]}
	var errs []error
	if !dnsLabel.MatchString(spec.Name) {
		errs = append(errs, fmt.Errorf("the name %q is not a DNS label", spec.Name))
	}
	switch spec.Protocol {
	case protoHTTP, protoHTTPS, protoGRPC, protoWS, protoTCP:
	default:
		errs = append(errs, fmt.Errorf("the protocol %q is not http, https, grpc, ws or tcp", spec.Protocol))
	}
	if len(parts) == 4 {
		if spec.Address = parts[2]; net.ParseIP(spec.Address) == nil {
			errs = append(errs, fmt.Errorf("%q is not an IPv4 address", spec.Address))
		}
	}
	number, err := portNumber(parts[len(parts)-1])
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
