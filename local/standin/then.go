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

// headerThen names whom a stand-in calls before it answers, as a service does that needs others for its answer: URLs
// of http and grpc, separated by spaces. It calls the first, and tells that one of the rest.
const headerThen = "standin-then"

const (
	maxThen       = 8
	thenTimeoutMs = 5000
)

// passedOn are the headers of a request that a service hands to whom it calls on its behalf: in which trace it is,
// whether that is kept, and whose it is.
var passedOn = []string{"traceparent", "tracestate", "x-request-id", "x-tenant", "x-roles", "x-plan", "x-subject"}

// insideSuffix ends the names of whom a token may be handed to.
const insideSuffix = ".svc.cluster.local"

// errThenInvalid marks a header that cannot be followed, as opposed to a call that failed.
var errThenInvalid = errors.New(headerThen)

// follow calls whom the headers of the request for target name next, and returns that one's answer; nil where they name nobody.
func follow(ctx context.Context, target string, headers map[string][]string) (json.RawMessage, error) {
	next, err := nextCall(target, headers)
	if next == nil || err != nil {
		return nil, err
	}
	found := (&prober{resolver: net.DefaultResolver}).attempt(ctx, next)
	if found.Answer == nil {
		return nil, fmt.Errorf("%s: %s %s", next.Address, found.Outcome, found.Detail)
	}
	return found.Answer, nil
}

// nextCall is the request that headers ask for; nil where they ask for none.
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

// tokenOf is the Authorization header by which sidecars know whose request it is. A player or a WebSocket, which can set
// no header, brings its token in the query.
func tokenOf(target string, headers map[string][]string) string {
	if own := headerOf(headers, "authorization"); own != "" {
		return own
	}
	u, err := url.Parse(target)
	if err != nil || u.Query().Get("access_token") == "" {
		return ""
	}
	return "Bearer " + u.Query().Get("access_token")
}

// isInside tells callees in the cluster from everybody else, who must not see a token.
func isInside(host string) bool {
	return strings.HasSuffix(host, insideSuffix) || net.ParseIP(host).IsLoopback()
}

// headerOf reads the first value of a header, whatever the case of its name.
func headerOf(headers map[string][]string, wanted string) string {
	for name, values := range headers {
		if strings.EqualFold(name, wanted) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}
