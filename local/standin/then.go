package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// headerThen lists the calls that a stand-in makes before it answers, like a service with dependencies: http and grpc URLs,
// separated by spaces. It calls the first, and passes the rest on in the same header.
const headerThen = "standin-then"

const (
	maxThen       = 8
	thenTimeoutMs = 5000
)

// passedOn are the headers that a service propagates to its callees: trace context, sampling decision, and tenant context.
var passedOn = []string{"traceparent", "tracestate", "x-request-id", "x-tenant", "x-roles", "x-plan", "x-subject"}

// insideSuffix is the suffix of hosts that may receive a token.
const insideSuffix = ".svc.cluster.local"

// errThenInvalid is the error of an invalid header, as opposed to a failed call.
var errThenInvalid = errors.New(headerThen)

// follow makes the next call that the headers of a request for target list, and returns its answer; nil if they list none.
func follow(ctx context.Context, target string, headers map[string][]string) (json.RawMessage, error) {
	next, err := nextCall(target, headers)
	if next == nil || err != nil {
		return nil, err
	}
	res := (&prober{resolver: net.DefaultResolver}).attempt(ctx, next)
	if res.Answer == nil {
		return nil, fmt.Errorf("%s: %s %s", next.Address, res.Outcome, res.Detail)
	}
	return res.Answer, nil
}

// nextCall is the next request that headers list; nil if they list none.
func nextCall(target string, headers map[string][]string) (*request, error) {
	targets := strings.Fields(headerOf(headers, headerThen))
	if len(targets) == 0 {
		return nil, nil
	}
	if len(targets) > maxThen {
		return nil, fmt.Errorf("%w: expected at most %d calls", errThenInvalid, maxThen)
	}
	u, err := url.Parse(targets[0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errThenInvalid, err)
	}
	r := &request{Protocol: u.Scheme, Address: u.Host, Headers: map[string]string{}, TimeoutMs: thenTimeoutMs}
	switch u.Scheme {
	case protoHTTP:
		r.Path = u.RequestURI()
	case protoGRPC:
		r.Method = u.RequestURI()
	default:
		return nil, fmt.Errorf("%w: %q is not a URL of http or grpc", errThenInvalid, targets[0])
	}
	for _, name := range passedOn {
		if value := headerOf(headers, name); value != "" {
			r.Headers[name] = value
		}
	}
	if token := tokenOf(target, headers); token != "" && isInside(u.Hostname()) {
		r.Headers["authorization"] = token
	}
	if len(targets) > 1 {
		r.Headers[headerThen] = strings.Join(targets[1:], " ")
	}
	errs := append(r.checkProtocol(), r.checkHeaders()...)
	if err := checkAddress(r.Address); err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("%w: %w", errThenInvalid, joinInline(errs))
	}
	return r, nil
}

// tokenOf is the request's token as an Authorization header. Players and WebSockets cannot set headers and send their token in
// the query.
func tokenOf(target string, headers map[string][]string) string {
	if value := headerOf(headers, "authorization"); value != "" {
		return value
	}
	u, err := url.Parse(target)
	if err != nil || u.Query().Get("access_token") == "" {
		return ""
	}
	return "Bearer " + u.Query().Get("access_token")
}

// isInside reports whether a host is in the cluster; external hosts must not receive a token.
func isInside(host string) bool {
	return strings.HasSuffix(host, insideSuffix) || net.ParseIP(host).IsLoopback()
}

// headerOf reads the first value of a header; the case of its name does not matter.
func headerOf(headers map[string][]string, header string) string {
	for name, values := range headers {
		if strings.EqualFold(name, header) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}
