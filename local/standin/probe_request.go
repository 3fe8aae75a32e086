package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

const (
	maxInput       = 16 << 20
	maxHeaderBytes = 8 << 10
	maxAttempts    = 100

	defaultTimeoutMs = 5000
	maxTimeoutMs     = 10 * 60 * 1000
)

// request is one probe, as it is written on stdin.
type request struct {
	ID        string
	Protocol  string
	Address   string
	Host      string
	Method    string
	Path      string
	Headers   map[string]string
	TimeoutMs int
	Attempts  int
	TLS       *tlsRequest
	// ProxyHeader is sent before anything else, as a load balancer does that speaks the PROXY protocol; without its
	// line's end.
	ProxyHeader string
	// Delay is what a line over TCP asks for before its answer, such as 3s; HTTP asks in its query, gRPC in a header.
	Delay string

	tlsConfig *tls.Config
}

// tlsRequest asks for TLS, of which the server's certificate is always verified: against the given CAs, or
// against the system's.
type tlsRequest struct {
	ServerName string
	CAFile     string
	CAPem      string
	CertPem    string
	KeyPem     string
	MinVersion string
	MaxVersion string
}

// tlsVersions are the versions of TLS that a request may name.
var tlsVersions = map[string]uint16{
	"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

func (r *request) timeout() time.Duration {
	return time.Duration(r.TimeoutMs) * time.Millisecond
}

// authority is the host that the request names.
func (r *request) authority() string {
	if r.Host != "" {
		return r.Host
	}
	return r.Address
}

func (r *request) scheme() string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// readRequests reads the array of requests, and everything that is wrong with it.
func readRequests(in io.Reader) ([]*request, []error) {
	raw, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err != nil {
		return nil, []error{fmt.Errorf("reading stdin: %w", err)}
	}
	if len(raw) > maxInput {
		return nil, []error{fmt.Errorf("stdin is longer than %d bytes", maxInput)}
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return nil, []error{fmt.Errorf("stdin is not a JSON array of requests: %w", err)}
	}
	if elements == nil {
		return nil, []error{errors.New("stdin is not a JSON array of requests: it is null")}
	}
	var errs []error
	requests := make([]*request, 0, len(elements))
	ids := map[string]bool{}
	for i, element := range elements {
		r, invalid := parseRequest(element)
		if r.ID != "" && ids[r.ID] {
			invalid = append(invalid, errors.New("id: used by an earlier request"))
		}
		ids[r.ID] = true
		for _, e := range invalid {
			errs = append(errs, fmt.Errorf("request %d (id %q): %w", i, r.ID, e))
		}
		requests = append(requests, r)
	}
	return requests, errs
}

// parseRequest reads one request, sets its defaults and returns everything that is wrong with it.
func parseRequest(raw json.RawMessage) (*request, []error) {
	r := &request{Attempts: 1, TimeoutMs: defaultTimeoutMs}
	var rawTLS json.RawMessage
	errs := decodeFields(raw, "", map[string]any{
		"id": &r.ID, "protocol": &r.Protocol, "address": &r.Address, "host": &r.Host, "method": &r.Method,
		"path": &r.Path, "headers": &r.Headers, "timeoutMs": &r.TimeoutMs, "attempts": &r.Attempts, "tls": &rawTLS,
		"proxyHeader": &r.ProxyHeader, "delay": &r.Delay,
	})
	if len(errs) > 0 && errors.Is(errs[0], errNotObject) {
		return r, errs
	}
	if len(rawTLS) > 0 && string(rawTLS) != "null" {
		r.TLS = &tlsRequest{}
		errs = append(errs, decodeFields(rawTLS, "tls.", map[string]any{
			"serverName": &r.TLS.ServerName, "caFile": &r.TLS.CAFile, "caPem": &r.TLS.CAPem,
			"certPem": &r.TLS.CertPem, "keyPem": &r.TLS.KeyPem,
			"minVersion": &r.TLS.MinVersion, "maxVersion": &r.TLS.MaxVersion,
		})...)
	}
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.ID == "" || len(r.ID) > 256 || !printable(r.ID) {
		bad("id: expected 1 to 256 printable ASCII characters")
	}
	if err := checkAddress(r.Address); err != nil {
		bad("address: %w", err)
	}
	if r.TimeoutMs < 1 || r.TimeoutMs > maxTimeoutMs {
		bad("timeoutMs: expected 1 to %d", maxTimeoutMs)
	}
	if r.Attempts < 1 || r.Attempts > maxAttempts {
		bad("attempts: expected 1 to %d", maxAttempts)
	}
	if r.Host != "" && (!httpguts.ValidHostHeader(r.Host) || strings.ContainsAny(r.Host, "/?#@ ")) {
		bad("host: %q is not a host", r.Host)
	}
	if r.ProxyHeader != "" && (!strings.HasPrefix(r.ProxyHeader, "PROXY ") || !printable(r.ProxyHeader)) {
		bad("proxyHeader: expected a line such as PROXY TCP4 203.0.113.7 203.0.113.8 4711 443")
	}
	errs = append(errs, r.checkProtocol()...)
	errs = append(errs, r.checkHeaders()...)
	errs = append(errs, r.buildTLS()...)
	return r, errs
}

var errNotObject = errors.New("expected an object")

// decodeFields reads the fields of a JSON object into what into names, and returns every error: also of each field
// that it does not name.
func decodeFields(raw json.RawMessage, prefix string, into map[string]any) []error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return []error{fmt.Errorf("%s%w", prefix, errNotObject)}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		target, known := into[name]
		if !known {
			errs = append(errs, fmt.Errorf("%s%s: unknown field", prefix, name))
		} else if err := json.Unmarshal(fields[name], target); err != nil {
			errs = append(errs, fmt.Errorf("%s%s: %w", prefix, name, err))
		}
	}
	return errs
}

func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not host:port", address)
	}
	if host == "" {
		return fmt.Errorf("%q has no host", address)
	}
	if _, err := portNumber(port); err != nil {
		return fmt.Errorf("the port of %q: %w", address, err)
	}
	return nil
}

// A query is none of gRPC, but a client may send one, and a proxy read it.
var fullMethod = regexp.MustCompile(`^/[A-Za-z0-9_.]+/[A-Za-z0-9_]+(\?[!-~]*)?$`)

// checkProtocol checks the fields whose meaning depends on the protocol, and sets their defaults.
func (r *request) checkProtocol() []error {
	var errs []error
	unused := func(name, value string) {
		if value != "" {
			errs = append(errs, fmt.Errorf("%s: has no meaning for %s", name, r.Protocol))
		}
	}
	path := func() {
		if r.Path == "" {
			r.Path = "/"
		}
		if u, err := url.ParseRequestURI(r.Path); err != nil || !strings.HasPrefix(r.Path, "/") || u.Host != "" {
			errs = append(errs, fmt.Errorf("path: %q is not a path from the root", r.Path))
		}
	}
	if r.Protocol != protoTCP {
		unused("delay", r.Delay)
	}
	switch r.Protocol {
	case protoHTTP:
		if r.Method == "" {
			r.Method = "GET"
		}
		if !httpguts.ValidHeaderFieldName(r.Method) || r.Method == "CONNECT" {
			errs = append(errs, fmt.Errorf("method: %q is not a method of HTTP that can be probed", r.Method))
		}
		path()
	case protoGRPC:
		if !fullMethod.MatchString(r.Method) {
			errs = append(errs, fmt.Errorf("method: %q is not /package.Service/Method", r.Method))
		}
		unused("path", r.Path)
	case protoWS:
		unused("method", r.Method)
		path()
	case protoTCP:
		unused("method", r.Method)
		unused("path", r.Path)
		unused("host", r.Host)
		if len(r.Headers) > 0 {
			errs = append(errs, errors.New("headers: have no meaning for tcp"))
		}
		if r.Delay != "" {
			if _, err := boundedDuration(r.Delay, maxDelay); err != nil {
				errs = append(errs, fmt.Errorf("delay: %w", err))
			}
		}
	default:
		errs = append(errs, fmt.Errorf("protocol: %q is not http, grpc, ws or tcp", r.Protocol))
	}
	return errs
}

// reservedHeaders are those that the probe sets itself.
var reservedHeaders = map[string]bool{
	"host": true, "connection": true, "content-length": true, "transfer-encoding": true, "upgrade": true, "te": true,
	"trailer": true, "keep-alive": true, "proxy-connection": true,
}

func (r *request) checkHeaders() []error {
	var errs []error
	size := 0
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		value := r.Headers[name]
		size += len(name) + len(value)
		lower := strings.ToLower(name)
		if seen[lower] {
			errs = append(errs, fmt.Errorf("headers: %q is given in more than one spelling", name))
		}
		seen[lower] = true
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			errs = append(errs, fmt.Errorf("headers: %q is not a header's name", name))
		case reservedHeaders[lower],
			r.Protocol == protoWS && strings.HasPrefix(lower, "sec-websocket-"),
			r.Protocol == protoGRPC && lower == "content-type":
			errs = append(errs, fmt.Errorf("headers: %q is set by the probe itself", name))
		case !httpguts.ValidHeaderFieldValue(value):
			errs = append(errs, fmt.Errorf("headers: the value of %q is not a header's value", name))
		}
	}
	if size > maxHeaderBytes {
		errs = append(errs, fmt.Errorf("headers: longer than %d bytes", maxHeaderBytes))
	}
	return errs
}

// buildTLS makes the TLS configuration, with the protocol's ALPN.
func (r *request) buildTLS() []error {
	if r.TLS == nil {
		return nil
	}
	var errs []error
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: r.TLS.ServerName}
	if cfg.ServerName == "" {
		cfg.ServerName = hostOnly(r.authority())
	}
	switch r.Protocol {
	case protoGRPC:
		cfg.NextProtos = []string{"h2"}
	case protoHTTP, protoWS:
		cfg.NextProtos = []string{"http/1.1"}
	}
	errs = append(errs, r.TLS.setVersions(cfg)...)
	if r.TLS.CertPem != "" || r.TLS.KeyPem != "" {
		pair, err := tls.X509KeyPair([]byte(r.TLS.CertPem), []byte(r.TLS.KeyPem))
		if err != nil {
			errs = append(errs, fmt.Errorf("tls: certPem and keyPem: %w", err))
		}
		// Presented whatever CAs the server names in its request: it is the server's verification that is probed.
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	pem := []byte(r.TLS.CAPem)
	switch {
	case r.TLS.CAFile != "" && r.TLS.CAPem != "":
		errs = append(errs, errors.New("tls: caFile and caPem exclude each other"))
	case r.TLS.CAFile != "":
		var err error
		if pem, err = os.ReadFile(r.TLS.CAFile); err != nil {
			return append(errs, fmt.Errorf("tls.caFile: %w", err))
		}
		fallthrough
	case r.TLS.CAPem != "":
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			errs = append(errs, errors.New("tls: no certificate in the CAs given"))
		}
	}
	r.tlsConfig = cfg
	return errs
}

// setVersions bounds the versions that are offered. What is older than 1.2 is offered only if it is asked for.
func (t *tlsRequest) setVersions(cfg *tls.Config) []error {
	var errs []error
	version := func(name, value string) uint16 {
		v, known := tlsVersions[value]
		if value != "" && !known {
			errs = append(errs, fmt.Errorf("tls.%s: %q is not 1.0, 1.1, 1.2 or 1.3", name, value))
		}
		return v
	}
	least, most := version("minVersion", t.MinVersion), version("maxVersion", t.MaxVersion)
	switch {
	case least != 0:
		cfg.MinVersion = least
	case most != 0:
		cfg.MinVersion = min(cfg.MinVersion, most)
	}
	cfg.MaxVersion = most
	if most != 0 && most < cfg.MinVersion {
		errs = append(errs, fmt.Errorf("tls: minVersion %s is above maxVersion %s", t.MinVersion, t.MaxVersion))
	}
	return errs
}

func hostOnly(authority string) string {
	if host, _, err := net.SplitHostPort(authority); err == nil {
		return host
	}
	return strings.Trim(authority, "[]")
}
