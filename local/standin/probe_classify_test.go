package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// everyProtocol contains one request for each protocol.
func everyProtocol(address string, extra map[string]any) []map[string]any {
	var out []map[string]any
	for _, protocol := range []string{protoHTTP, protoGRPC, protoWS, protoTCP} {
		r := map[string]any{"id": protocol, "protocol": protocol, "address": address}
		if protocol == protoGRPC {
			r["method"] = "/a.B/C"
		}
		for k, v := range extra {
			r[k] = v
		}
		out = append(out, r)
	}
	return out
}

// TestConnectionEnds checks the outcomes of connections without an answer, for each protocol.
func TestConnectionEnds(t *testing.T) {
	for name, c := range map[string]struct {
		address         string
		outcome, detail string
	}{
		"RST at once":           {fake(t, reset), outcomeReset, "RST"},
		"RST after the request": {fake(t, func(c *net.TCPConn) { readSome(c); reset(c) }), outcomeReset, "RST"},
		"EOF after the request": {fake(t, func(c *net.TCPConn) { readSome(c) }), outcomeReset, "EOF"},
		"refused":               {refusing(t), outcomeRefused, "connection refused"},
		"hangs":                 {fake(t, func(c *net.TCPConn) { hang(c) }), outcomeTimeout, "timed out before any byte"},
		"TLS alert in plain": {fake(t, func(c *net.TCPConn) { readSome(c); c.Write([]byte{21, 3, 1, 0, 2, 2, 70}) }),
			outcomeTLS, "protocol version"},
		"garbage": {fake(t, func(c *net.TCPConn) { readSome(c); io.WriteString(c, "+OK who are you?\r\n"); readSome(c) }),
			outcomeOther, "+OK who"},
	} {
		for id, r := range probe(t, everyProtocol(c.address, map[string]any{"timeoutMs": 200})...) {
			if r.Outcome != c.outcome || !strings.Contains(r.Detail, c.detail) || r.Status != nil || r.Answer != nil && string(r.Answer) != "null" {
				t.Errorf("%s, %s: %s %s: %s", name, id, r.Outcome, statusOf(r), r.Detail)
			}
		}
	}
}

// http1 answers every request with a response over HTTP/1.1.
func http1(t *testing.T, response string) string {
	return fake(t, func(c *net.TCPConn) {
		readSome(c)
		_, _ = io.WriteString(c, strings.ReplaceAll(response, "\n", "\r\n"))
	})
}

// TestHTTPResponses checks the outcomes of HTTP/1.1 responses, also to a WebSocket's handshake and, from a server without
// HTTP/2, to gRPC.
func TestHTTPResponses(t *testing.T) {
	const head = "server: envoy\nconnection: close\n"
	for name, c := range map[string]struct {
		response                string
		outcome, status, detail string
		retried                 bool
	}{
		"RBAC": {"HTTP/1.1 403 Forbidden\n" + head + "content-length: 19\n\nRBAC: access denied",
			outcomeRBAC, "403", `server="envoy" body="RBAC: access denied"`, false},
		"another 403": {"HTTP/1.1 403 Forbidden\n" + head + "\nno", outcomeHTTP, "403", `body="no"`, false},
		"JWT": {"HTTP/1.1 401 Unauthorized\n" + head + "www-authenticate: Bearer\n\nJwt is missing", outcomeHTTP, "401",
			`www-authenticate="Bearer" body="Jwt is missing"`, false},
		"UH": {"HTTP/1.1 503 Service Unavailable\n" + head + "\nno healthy upstream", outcomeHTTP, "503", "no healthy", true},
		"UF": {"HTTP/1.1 503 Service Unavailable\n" + head + "\nupstream connect error or disconnect/reset before " +
			"headers. reset reason: connection failure", outcomeHTTP, "503", "connection failure", true},
		"NC": {"HTTP/1.1 503 Service Unavailable\n" + head + "\n", outcomeHTTP, "503", "envoy", true},
		"UO": {"HTTP/1.1 503 Service Unavailable\n" + head + "x-envoy-overloaded: true\n\nupstream connect error or " +
			"disconnect/reset before headers. reset reason: overflow", outcomeHTTP, "503", `x-envoy-overloaded="true"`, false},
		"fault":    {"HTTP/1.1 503 Service Unavailable\n" + head + "\nfault filter abort", outcomeHTTP, "503", "fault", false},
		"502":      {"HTTP/1.1 502 Bad Gateway\n" + head + "\n", outcomeHTTP, "502", "envoy", false},
		"redirect": {"HTTP/1.1 301 Moved\n" + head + "location: https://x/\n\n", outcomeHTTP, "301", `location="https://x/"`, false},
		"no body":  {"HTTP/1.1 204 No Content\n\n", outcomeHTTP, "204", "", false},
		"early hints": {"HTTP/1.1 103 Early Hints\nlink: x\n\nHTTP/1.1 404 Not Found\n" + head + "\nlost",
			outcomeHTTP, "404", "lost", false},
		"long body":      {"HTTP/1.1 404 Not Found\n\n" + strings.Repeat("x", 1000), outcomeHTTP, "404", strings.Repeat("x", 200) + `"`, false},
		"cut in body":    {"HTTP/1.1 200 OK\ncontent-length: 100\n\nhalf", outcomeReset, "200", "in the middle", true},
		"cut in headers": {"HTTP/1.1 200 OK\ncontent-le", outcomeReset, "null", "in the middle", true},
		"malformed":      {"HTTP/1.1 many\n\n", outcomeOther, "null", "malformed", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := http1(t, c.response)
			for id, r := range probe(t, everyProtocol(address, map[string]any{"attempts": 2})[:3]...) {
				if r.Outcome != c.outcome || statusOf(r) != c.status || !strings.Contains(r.Detail, c.detail) ||
					(r.Attempts == 2) != c.retried {
					t.Errorf("%s: %s %s, attempts %d: %s", id, r.Outcome, statusOf(r), r.Attempts, r.Detail)
				}
			}
		})
	}
}

// h2 is a minimal HTTP/2 server: it reads a request, and respond writes arbitrary frames.
func h2(t *testing.T, respond func(*http2.Framer, func(fields ...string) []byte)) string {
	return fake(t, func(c *net.TCPConn) {
		br := bufio.NewReader(c)
		if _, err := io.ReadFull(br, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		fr := http2.NewFramer(c, br)
		_ = fr.WriteSettings()
		_ = fr.WritePing(false, [8]byte{1})
		for {
			f, err := fr.ReadFrame()
			if err != nil {
				return
			}
			if d, ok := f.(*http2.DataFrame); ok && d.StreamEnded() {
				break
			}
		}
		var block bytes.Buffer
		enc := hpack.NewEncoder(&block)
		respond(fr, func(fields ...string) []byte {
			block.Reset()
			for i := 0; i < len(fields); i += 2 {
				_ = enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
			}
			return bytes.Clone(block.Bytes())
		})
		// The client has received everything once it acknowledges the settings.
		_, _ = fr.ReadFrame()
	})
}

func headers(block []byte, end bool) http2.HeadersFrameParam {
	return http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true, EndStream: end}
}

// TestGRPCResponses checks the outcomes of HTTP/2 responses.
func TestGRPCResponses(t *testing.T) {
	grpcHead := []string{":status", "200", "content-type", "application/grpc", "server", "envoy"}
	trailersOnly := func(fields ...string) string {
		return h2(t, func(fr *http2.Framer, block func(...string) []byte) {
			_ = fr.WriteHeaders(headers(block(append(grpcHead[:len(grpcHead):len(grpcHead)], fields...)...), true))
		})
	}
	plain := func(status, body string) string {
		return h2(t, func(fr *http2.Framer, block func(...string) []byte) {
			_ = fr.WriteHeaders(headers(block(":status", status, "server", "envoy", "content-type", "text/plain"), false))
			_ = fr.WriteData(1, true, []byte(body))
		})
	}
	for name, c := range map[string]struct {
		address                 string
		outcome, status, detail string
		retried                 bool
	}{
		"RBAC": {trailersOnly("grpc-status", "7", "grpc-message", "RBAC: access denied"),
			outcomeRBAC, "7", `grpc-message="RBAC: access denied"`, false},
		"another 7": {trailersOnly("grpc-status", "7", "grpc-message", "no%21"), outcomeGRPC, "7", `grpc-message="no!"`, false},
		"UH":        {trailersOnly("grpc-status", "14", "grpc-message", "no healthy upstream"), outcomeGRPC, "14", "", true},
		"UF": {trailersOnly("grpc-status", "14", "grpc-message", "upstream connect error or disconnect/reset before headers. "+
			"reset reason: connection failure"), outcomeGRPC, "14", "", true},
		"UO": {trailersOnly("grpc-status", "14", "grpc-message", "upstream connect error or disconnect/reset before headers. "+
			"reset reason: overflow", "x-envoy-overloaded", "true"), outcomeGRPC, "14", "", false},
		"14 from the server": {trailersOnly("grpc-status", "14", "grpc-message", "come back later"), outcomeGRPC, "14", "", false},
		"unimplemented":      {trailersOnly("grpc-status", "12"), outcomeGRPC, "12", `grpc-status="12"`, false},
		"OK, no stand-in":    {trailersOnly("grpc-status", "0"), outcomeGRPC, "0", "", false},
		"no status":          {trailersOnly(), outcomeOther, "null", "without a grpc-status", false},
		"bad status":         {trailersOnly("grpc-status", "x"), outcomeOther, "null", "malformed", false},
		"HTTP 403 RBAC":      {plain("403", "RBAC: access denied"), outcomeRBAC, "403", "", false},
		"HTTP 503":           {plain("503", "no healthy upstream"), outcomeHTTP, "503", `body="no healthy upstream"`, true},
		"HTTP 404":           {plain("404", "lost"), outcomeHTTP, "404", `server="envoy" body="lost"`, false},
		"messages, then a status": {h2(t, func(fr *http2.Framer, block func(...string) []byte) {
			_ = fr.WriteHeaders(headers(block(":status", "103"), false))
			_ = fr.WriteHeaders(headers(block(grpcHead...), false))
			_ = fr.WriteData(1, false, []byte{0, 0, 0, 0, 2, 8, 1})
			_ = fr.WriteHeaders(headers(block("grpc-status", "5", "grpc-message", "gone"), true))
		}), outcomeGRPC, "5", `grpc-message="gone"`, false},
		"RST_STREAM": {h2(t, func(fr *http2.Framer, _ func(...string) []byte) {
			_ = fr.WriteRSTStream(1, http2.ErrCodeRefusedStream)
		}), outcomeReset, "null", "RST_STREAM REFUSED_STREAM) before any byte", true},
		"RST_STREAM amid": {h2(t, func(fr *http2.Framer, block func(...string) []byte) {
			_ = fr.WriteHeaders(headers(block(grpcHead...), false))
			_ = fr.WriteRSTStream(1, http2.ErrCodeInternal)
		}), outcomeReset, "null", "RST_STREAM INTERNAL_ERROR) in the middle", true},
		"GOAWAY": {h2(t, func(fr *http2.Framer, _ func(...string) []byte) {
			_ = fr.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("too many"))
		}), outcomeReset, "null", `GOAWAY ENHANCE_YOUR_CALM "too many"`, true},
		"EOF after settings": {h2(t, func(*http2.Framer, func(...string) []byte) {}), outcomeReset, "null", "before any byte", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := probeOne(t, map[string]any{"protocol": "grpc", "address": c.address, "method": "/a.B/C", "attempts": 2})
			if r.Outcome != c.outcome || statusOf(r) != c.status || !strings.Contains(r.Detail, c.detail) ||
				(r.Attempts == 2) != c.retried {
				t.Errorf("%s %s, attempts %d: %s", r.Outcome, statusOf(r), r.Attempts, r.Detail)
			}
		})
	}
}

// TestTLS checks successful handshakes, with the protocol's ALPN, and every kind of failure.
func TestTLS(t *testing.T) {
	cert, ca := certificate(t, "gateway.test")
	_, otherCA := certificate(t, "gateway.test")
	alpn := make(chan string, 8)
	secure := func(cfg *tls.Config, speak func(*tls.Conn)) string {
		cfg.Certificates = []tls.Certificate{cert}
		return fake(t, func(c *net.TCPConn) {
			conn := tls.Server(c, cfg)
			if conn.Handshake() == nil {
				speak(conn)
			}
			hang(c)
		})
	}
	tellALPN := func(c *tls.Conn) {
		alpn <- c.ConnectionState().NegotiatedProtocol
		readSome(c)
		_, _ = io.WriteString(c, "HTTP/1.1 404 Not Found\r\n\r\n")
		c.Close()
	}
	known := map[string]any{"serverName": "gateway.test", "caPem": ca}

	works := secure(&tls.Config{NextProtos: []string{"h2", "http/1.1"}}, tellALPN)
	for i, request := range everyProtocol(works, map[string]any{"tls": known})[:3] {
		want := []string{"http/1.1", "h2", "http/1.1"}[i]
		r := probeOne(t, request)
		if r.Outcome != outcomeHTTP || statusOf(r) != "404" {
			t.Fatalf("%s: %s %s: %s", request["id"], r.Outcome, statusOf(r), r.Detail)
		}
		if got := <-alpn; got != want {
			t.Errorf("%s: ALPN %q", request["id"], got)
		}
	}
	silent := func(c *tls.Conn) { readSome(c) }
	for name, c := range map[string]struct {
		address         string
		tls             map[string]any
		outcome, detail string
	}{
		"unknown CA":     {works, map[string]any{"serverName": "gateway.test", "caPem": otherCA}, outcomeTLS, "unknown authority"},
		"another name":   {works, map[string]any{"serverName": "other.test", "caPem": ca}, outcomeTLS, "other.test"},
		"name by host":   {works, map[string]any{"caPem": ca}, outcomeHTTP, ""},
		"old version":    {secure(&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, silent), known, outcomeTLS, "protocol version"},
		"no common ALPN": {secure(&tls.Config{NextProtos: []string{"x"}}, silent), known, outcomeTLS, "no application protocol"},
		"client certificate required, 1.3": {secure(&tls.Config{ClientAuth: tls.RequireAnyClientCert}, silent), known,
			outcomeTLS, "certificate required"},
		"client certificate required, 1.2": {secure(&tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
			silent), known, outcomeTLS, "alert from the peer"},
		"not TLS": {http1(t, "HTTP/1.1 400 Bad Request\n\n"), known, outcomeTLS, "does not look like a TLS handshake"},
		"RST":     {fake(t, func(c *net.TCPConn) { readSome(c); reset(c) }), known, outcomeReset, "RST) during the TLS handshake"},
		"EOF":     {fake(t, func(c *net.TCPConn) { readSome(c) }), known, outcomeReset, "EOF) during the TLS handshake"},
		"hangs":   {fake(t, func(c *net.TCPConn) { hang(c) }), known, outcomeTimeout, "during the TLS handshake"},
	} {
		r := probeOne(t, map[string]any{"protocol": "http", "address": c.address, "host": "gateway.test", "tls": c.tls, "timeoutMs": 300})
		if r.Outcome != c.outcome || !strings.Contains(r.Detail, c.detail) {
			t.Errorf("%s: %s %s: %s", name, r.Outcome, statusOf(r), r.Detail)
		}
	}
}

// TestTLSVersions checks that exactly the requested versions are offered.
func TestTLSVersions(t *testing.T) {
	cert, ca := certificate(t, "gateway.test")
	versions := make(chan uint16, 1)
	server := fake(t, func(c *net.TCPConn) {
		conn := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10,
			NextProtos: []string{"http/1.1"}})
		if conn.Handshake() == nil {
			versions <- conn.ConnectionState().Version
			readSome(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\n\r\n")
			conn.Close()
		}
	})
	for _, c := range []struct {
		minVersion, maxVersion string
		want                   uint16
	}{
		{"", "", tls.VersionTLS13}, {"", "1.2", tls.VersionTLS12}, {"", "1.1", tls.VersionTLS11},
		{"1.3", "", tls.VersionTLS13}, {"1.0", "1.0", tls.VersionTLS10},
	} {
		options := map[string]any{"caPem": ca, "minVersion": c.minVersion, "maxVersion": c.maxVersion}
		r := probeOne(t, map[string]any{"protocol": "http", "address": server, "host": "gateway.test", "tls": options})
		if r.Outcome != outcomeHTTP {
			t.Errorf("%s to %s: %s: %s", c.minVersion, c.maxVersion, r.Outcome, r.Detail)
			continue
		}
		if got := <-versions; got != c.want {
			t.Errorf("%s to %s: version %x", c.minVersion, c.maxVersion, got)
		}
	}
	for text, options := range map[string]map[string]any{
		`tls.minVersion: "1.4" is not`:                {"minVersion": "1.4"},
		"tls: minVersion 1.3 is above maxVersion 1.2": {"minVersion": "1.3", "maxVersion": "1.2"},
	} {
		raw, err := json.Marshal(map[string]any{"id": "x", "protocol": "tcp", "address": server, "tls": options})
		if err != nil {
			t.Fatal(err)
		}
		if _, errs := parseRequest(raw); len(errs) != 1 || !strings.Contains(errs[0].Error(), text) {
			t.Errorf("%s: %v", text, errs)
		}
	}
}

// TestWebSocketFailures checks failures during and after the handshake.
func TestWebSocketFailures(t *testing.T) {
	const key = "sec-websocket-key"
	upgraded := func(after func(*net.TCPConn)) string {
		return fake(t, func(c *net.TCPConn) {
			req, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"+
				"sec-websocket-accept: "+acceptKey(req.Header.Get(key))+"\r\n\r\n")
			after(c)
		})
	}
	for name, c := range map[string]struct {
		address                 string
		outcome, status, detail string
	}{
		"RST":           {upgraded(reset), outcomeReset, "101", "after the handshake"},
		"EOF":           {upgraded(func(*net.TCPConn) {}), outcomeReset, "101", "EOF"},
		"hangs":         {upgraded(func(c *net.TCPConn) { hang(c) }), outcomeTimeout, "101", "after the handshake"},
		"closed":        {upgraded(func(c *net.TCPConn) { c.Write([]byte{0x88, 2, 0x03, 0xf0}); hang(c) }), outcomeReset, "101", "PolicyViolation"},
		"another's":     {upgraded(func(c *net.TCPConn) { c.Write([]byte("\x81\x02hi")); hang(c) }), outcomeHTTP, "101", `body="hi"`},
		"false accept":  {http1(t, "HTTP/1.1 101 Switching Protocols\nupgrade: websocket\nconnection: upgrade\n\n"), outcomeHTTP, "101", "not valid"},
		"not upgraded":  {http1(t, "HTTP/1.1 200 OK\n\nhello"), outcomeHTTP, "200", "hello"},
		"early message": {upgraded(func(c *net.TCPConn) { c.Write([]byte("\x89\x00\x81\x02hi")); hang(c) }), outcomeHTTP, "101", "hi"},
	} {
		r := probeOne(t, map[string]any{"protocol": "ws", "address": c.address, "timeoutMs": 300})
		if r.Outcome != c.outcome || statusOf(r) != c.status || !strings.Contains(r.Detail, c.detail) {
			t.Errorf("%s: %s %s: %s", name, r.Outcome, statusOf(r), r.Detail)
		}
	}
}

// TestDNS checks a name that does not resolve, without a real resolver.
func TestDNS(t *testing.T) {
	p := &prober{resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no resolver")
	}}}
	r := &request{Protocol: protoHTTP, Address: "name.test:80", Path: "/", Method: "GET", TimeoutMs: 1000, Attempts: 2}
	if got := p.run(t.Context(), r); got.Outcome != outcomeDNS || got.Attempts != 2 {
		t.Errorf("%s, attempts %d: %s", got.Outcome, got.Attempts, got.Detail)
	}
}

// TestBecomesAvailable checks that a request is retried until it is answered.
func TestBecomesAvailable(t *testing.T) {
	var calls atomic.Int32
	answered := string(encode(tcpAnswer{identity{"a", "v1", "p"}, "mqtt", "tcp", "x", "10.0.0.1"}))
	address := fake(t, func(c *net.TCPConn) {
		if calls.Add(1) < 3 {
			reset(c)
			return
		}
		readSome(c)
		_, _ = io.WriteString(c, answered+"\n")
	})
	r := probeOne(t, map[string]any{"protocol": "tcp", "address": address, "attempts": 5})
	if r.Outcome != outcomeAnswered || r.Attempts != 3 {
		t.Errorf("%s, attempts %d: %s", r.Outcome, r.Attempts, r.Detail)
	}
}

// TestConcurrency checks that requests run in parallel, up to the given limit, and that an interruption ends them.
func TestConcurrency(t *testing.T) {
	address := fake(t, func(c *net.TCPConn) { hang(c) })
	var requests []*request
	for _, id := range []string{"a", "b", "c", "d"} {
		requests = append(requests, &request{ID: id, Protocol: protoTCP, Address: address, TimeoutMs: 100, Attempts: 1})
	}
	p := &prober{resolver: net.DefaultResolver}
	for concurrency, rounds := range map[int]time.Duration{1: 4, 2: 2, 8: 1} {
		var out bytes.Buffer
		start := time.Now()
		if err := p.runAll(t.Context(), requests, concurrency, &out); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		if took < rounds*100*time.Millisecond || bytes.Count(out.Bytes(), []byte("\n")) != 4 {
			t.Errorf("%d at a time took %s:\n%s", concurrency, took, out.String())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.runAll(ctx, requests, 2, io.Discard); err == nil {
		t.Error("no error of an interruption")
	}
}
