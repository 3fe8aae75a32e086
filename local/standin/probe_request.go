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

// request is one probe on stdin.
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
	// ProxyHeader is a PROXY protocol header, without a line break, that is sent first, as by a load balancer.
	ProxyHeader string
	// Delay is the requested delay of a TCP answer, such as 3s; HTTP uses the query, gRPC a header.
	Delay string

	tlsConfig *tls.Config
}

// tlsRequest enables TLS. The server's certificate is always verified, against the given CAs or the system's.
type tlsRequest struct {
	ServerName string
	CAFile     string
	CAPem      string
	CertPem    string
	KeyPem     string
	MinVersion string
	MaxVersion string
}

// tlsVersions are the supported TLS versions.
var tlsVersions = map[string]uint16{
	"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

func (r *request) timeout() time.Duration {
	return time.Duration(r.TimeoutMs) * time.Millisecond
}

// authority is the host of the request.
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

// readRequests reads the array of requests and returns all errors.
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

// parseRequest reads one request, sets its defaults and returns all errors.
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

// decodeFields decodes the fields of a JSON object into the targets in into, and returns all errors, including unknown fields.
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

// gRPC has no query, but a client can send one, and a proxy can read it.
var fullMethod = regexp.MustCompile(`^/[A-Za-z0-9_.]+/[A-Za-z0-9_]+(\?[!-~]*)?$`)

// checkProtocol checks the fields that depend on the protocol, and sets their defaults.
func (r *request) checkProtocol() []error {
	var errs []error
	unused := func(name, value string) {
		if value != "" {
			errs = append(errs, fmt.Errorf("%s: not supported for %s", name, r.Protocol))
		}
	}
	path := func() {
		if r.Path == "" {
			r.Path = "/"
		}
		if u, err := url.ParseRequestURI(r.Path); err != nil || !strings.HasPrefix(r.Path, "/") || u.Host != "" {
			errs = append(errs, fmt.Errorf("path: %q is not an absolute path", r.Path))
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
			errs = append(errs, fmt.Errorf("method: %q is not a supported HTTP method", r.Method))
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
			errs = append(errs, errors.New("headers: not supported for tcp"))
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

// reservedHeaders are set by the probe.
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
			errs = append(errs, fmt.Errorf("headers: %q is repeated in different case", name))
		}
		seen[lower] = true
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			errs = append(errs, fmt.Errorf("headers: %q is not a header name", name))
		case reservedHeaders[lower],
			r.Protocol == protoWS && strings.HasPrefix(lower, "sec-websocket-"),
			r.Protocol == protoGRPC && lower == "content-type":
			errs = append(errs, fmt.Errorf("headers: %q is reserved: the probe sets it", name))
		case !httpguts.ValidHeaderFieldValue(value):
			errs = append(errs, fmt.Errorf("headers: the value of %q is not a valid header value", name))
		}
	}
	if size > maxHeaderBytes {
		errs = append(errs, fmt.Errorf("headers: longer than %d bytes", maxHeaderBytes))
	}
	return errs
}

// buildTLS creates the TLS configuration, with the protocol's ALPN.
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
		// Presented regardless of the CAs in the server's request, to probe the server's verification.
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	pem := []byte(r.TLS.CAPem)
	switch {
	case r.TLS.CAFile != "" && r.TLS.CAPem != "":
		errs = append(errs, errors.New("tls: caFile and caPem are mutually exclusive"))
	case r.TLS.CAFile != "":
		var err error
		if pem, err = os.ReadFile(r.TLS.CAFile); err != nil {
			return append(errs, fmt.Errorf("tls.caFile: %w", err))
		}
		fallthrough
	case r.TLS.CAPem != "":
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			errs = append(errs, errors.New("tls: the CAs contain no certificate"))
		}
	}
	r.tlsConfig = cfg
	return errs
}

// setVersions limits the offered versions. Versions before 1.2 are offered only if requested.
func (t *tlsRequest) setVersions(cfg *tls.Config) []error {
	var errs []error
	version := func(name, value string) uint16 {
		v, known := tlsVersions[value]
		if value != "" && !known {
			errs = append(errs, fmt.Errorf("tls.%s: %q is not 1.0, 1.1, 1.2 or 1.3", name, value))
		}
		return v
	}
	minVersion, maxVersion := version("minVersion", t.MinVersion), version("maxVersion", t.MaxVersion)
	switch {
	case minVersion != 0:
		cfg.MinVersion = minVersion
	case maxVersion != 0:
		cfg.MinVersion = min(cfg.MinVersion, maxVersion)
	}
	cfg.MaxVersion = maxVersion
	if maxVersion != 0 && maxVersion < cfg.MinVersion {
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
