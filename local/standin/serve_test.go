package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestEveryProtocol serves and probes each protocol, end to end.
func TestEveryProtocol(t *testing.T) {
	s := startServer(t, 0)
	xfcc := map[string]string{"X-Forwarded-Client-Cert": "By=x;URI=spiffe://td/ns/a/sa/far,By=y;Hash=z;URI=" + testCaller,
		"X-Test": "yes", "Authorization": "Bearer secret"}
	results := probe(t,
		map[string]any{"id": "http", "protocol": "http", "address": s.address("http"), "method": "POST",
			"path": "/v1/a%2Fb?x=1", "headers": xfcc, "host": "alerts.platform.svc"},
		map[string]any{"id": "grpc", "protocol": "grpc", "address": s.address("grpc"), "method": "/sparc.v1.Alerts/Raise",
			"headers": xfcc, "host": "alerts.platform.svc"},
		map[string]any{"id": "ws", "protocol": "ws", "address": s.address("ws"), "path": "/live", "headers": xfcc,
			"host": "alerts.platform.svc"},
		map[string]any{"id": "tcp", "protocol": "tcp", "address": s.address("mqtt")},
	)
	for id, want := range map[string]struct{ port, status, method, path string }{
		"http": {"http", "200", "POST", "/v1/a%2Fb"},
		"grpc": {"grpc", "0", "/sparc.v1.Alerts/Raise", "/sparc.v1.Alerts/Raise"},
		"ws":   {"ws", "101", "GET", "/live"},
		"tcp":  {"mqtt", "null", "", ""},
	} {
		r := results[id]
		if r.Outcome != outcomeAnswered || statusOf(r) != want.status || r.Attempts != 1 {
			t.Fatalf("%s: %s %s, attempts %d: %s", id, r.Outcome, statusOf(r), r.Attempts, r.Detail)
		}
		a := decodeAnswer(t, r.Answer)
		if a.Service != "alerts" || a.Version != "v1" || a.Pod != hostname() || a.Port != want.port || a.Protocol != id ||
			a.Method != want.method || a.Path != want.path {
			t.Errorf("%s: %s", id, r.Answer)
		}
		if id == "tcp" {
			if !bytes.Contains(r.Answer, []byte(`"received":"probe tcp"`)) {
				t.Errorf("tcp: %s", r.Answer)
			}
			continue
		}
		if a.Caller != testCaller || a.Headers["x-test"] != "yes" || a.Headers["host"] != "alerts.platform.svc" ||
			a.Headers["authorization"] != "redacted (13 bytes)" || a.Headers[headerXFCC] != "" {
			t.Errorf("%s: %s", id, r.Answer)
		}
	}
	_, exposition := s.health(t, "/metrics")
	for _, want := range []string{
		`standin_requests_total{port="http",protocol="http",caller_service="orders",code="200"} 1`,
		`standin_requests_total{port="grpc",protocol="grpc",caller_service="orders",code="0"} 1`,
		`standin_requests_total{port="ws",protocol="ws",caller_service="orders",code="101"} 1`,
		`standin_requests_total{port="mqtt",protocol="tcp",caller_service="none",code="answered"} 1`,
	} {
		if !strings.Contains(exposition, want+"\n") {
			t.Errorf("no %s in\n%s", want, exposition)
		}
	}
}

// TestNoCaller checks that a missing caller is an empty string, not omitted.
func TestNoCaller(t *testing.T) {
	s := startServer(t, 0)
	for id, method := range map[string]string{"http": "GET", "grpc": "/a.B/C", "ws": ""} {
		r := probeOne(t, map[string]any{"protocol": id, "address": s.address(id), "method": method})
		if !bytes.Contains(r.Answer, []byte(`"caller":""`)) {
			t.Errorf("%s: %s", id, r.Answer)
		}
	}
}

func TestHTTPBehaviors(t *testing.T) {
	s := startServer(t, 0)
	for name, c := range map[string]struct {
		method, path, status, wrong string
		minMs                       int64
	}{
		"status":               {"GET", "/?status=503", "503", "", 0},
		"403 from the service": {"GET", "/?status=403", "403", "", 0},
		"no content":           {"DELETE", "/?status=204", "204", "", 0},
		"not modified":         {"GET", "/?status=304", "304", "", 0},
		"head":                 {"HEAD", "/", "200", "", 0},
		"options":              {"OPTIONS", "/x", "200", "", 0},
		"unknown method":       {"BREW", "/x", "200", "", 0},
		"delay":                {"GET", "/?delay=60ms", "200", "", 60},
		"size":                 {"GET", "/?size=1048576", "200", "", 0},
		"all wrong":            {"GET", "/?status=99&delay=61s&size=1048577", "400", "status: expected|delay: expected|size: expected", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := probeOne(t, map[string]any{"protocol": "http", "address": s.address("http"), "method": c.method, "path": c.path})
			if r.Outcome != outcomeAnswered || statusOf(r) != c.status || r.Ms < c.minMs {
				t.Fatalf("%s %s in %d ms: %s", r.Outcome, statusOf(r), r.Ms, r.Detail)
			}
			a := decodeAnswer(t, r.Answer)
			if a.Method != c.method || (a.Error != "") != (c.wrong != "") {
				t.Errorf("%s", r.Answer)
			}
			for _, w := range strings.Split(c.wrong, "|") {
				if !strings.Contains(a.Error, w) {
					t.Errorf("no %q in %q", w, a.Error)
				}
			}
		})
	}
}

// TestFailsOnlyWhereRequested fails one of several pods, and the first of several attempts.
func TestFailsOnlyWhereRequested(t *testing.T) {
	s := startServer(t, 0)
	for path, want := range map[string]string{
		"/?status=503&pod=" + hostname():  "503",
		"/?status=503&pod=another":        "200",
		"/?status=503&failures=1":         "503",
		"/?status=503&failures=1&again=1": "200",
		"/?status=503&failures=0":         "400",
	} {
		headers := map[string]string{}
		if strings.Contains(path, "again") {
			headers[headerAttempt] = "2"
		}
		r := probeOne(t, map[string]any{"protocol": "http", "address": s.address("http"), "path": path, "headers": headers})
		if statusOf(r) != want {
			t.Errorf("%s: %s", path, statusOf(r))
		}
		if headers[headerAttempt] != "" && decodeAnswer(t, r.Answer).Attempt != 2 {
			t.Errorf("%s: %s", path, r.Answer)
		}
	}
}

// TestH2CAndBody sends requests over HTTP/2 without TLS, as a sidecar can, with and without a body.
func TestH2CAndBody(t *testing.T) {
	s := startServer(t, 0)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
	for _, size := range []int{0, 100, 3 * maxBodyBytes} {
		resp, err := client.Post("http://"+s.address("http")+"/x?size=5000", "text/plain", bytes.NewReader(make([]byte, size)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.ProtoMajor != 2 || len(body) != 5000 || parseAnswer(body) == nil {
			t.Errorf("%d bytes: HTTP/%d, %d bytes, %v", size, resp.ProtoMajor, len(body), err)
		}
		if got := resp.Header.Get(headerService); got != "alerts" {
			t.Errorf("%s: %q", headerService, got)
		}
	}
}

func TestWebSocket(t *testing.T) {
	s := startServer(t, 0)
	r := probeOne(t, map[string]any{"protocol": "http", "address": s.address("ws"), "path": "/live"})
	if r.Outcome != outcomeAnswered || statusOf(r) != "426" {
		t.Errorf("plain GET: %s %s %s", r.Outcome, statusOf(r), r.Detail)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+s.address("ws")+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if _, first, err := c.Read(ctx); err != nil || parseAnswer(first) == nil {
		t.Fatalf("first message: %q, %v", first, err)
	}
	for kind, text := range map[websocket.MessageType]string{websocket.MessageText: "é", websocket.MessageBinary: "\x00\xff"} {
		if err := c.Write(ctx, kind, []byte(text)); err != nil {
			t.Fatal(err)
		}
		gotKind, got, err := c.Read(ctx)
		if err != nil || gotKind != kind || string(got) != text {
			t.Errorf("echo of %q: %v %q, %v", text, gotKind, got, err)
		}
	}
	// Pings are answered during a read.
	reading := c.CloseRead(ctx)
	if err := c.Ping(reading); err != nil {
		t.Errorf("ping: %v", err)
	}
}

// To a caller's sidecar, both look like a missing answer, so both support a requested delay.
func TestWebSocketsAndTCPBehaveAsTheyAreAsked(t *testing.T) {
	s := startServer(t, 0)
	ws := func(query string) result {
		return probeOne(t, map[string]any{"protocol": "ws", "address": s.address("ws"), "path": "/v1/events" + query})
	}
	if r := ws("?status=503"); r.Outcome != outcomeAnswered || r.Status == nil || *r.Status != http.StatusServiceUnavailable {
		t.Errorf("status: %+v", r)
	}
	if r := ws("?delay=300ms"); r.Outcome != outcomeAnswered || *r.Status != http.StatusSwitchingProtocols || r.Ms < 300 {
		t.Errorf("delay: %+v", r)
	}
	if r := ws("?delay=never"); *r.Status != http.StatusBadRequest {
		t.Errorf("an invalid delay: %+v", r)
	}
	if r := ws(""); *r.Status != http.StatusSwitchingProtocols || r.Ms >= 300 {
		t.Errorf("no delay: %+v", r)
	}
	tcp := map[string]any{"protocol": "tcp", "address": s.address("mqtt"), "delay": "300ms"}
	if r := probeOne(t, tcp); r.Outcome != outcomeAnswered || r.Ms < 300 {
		t.Errorf("tcp: %+v", r)
	}
}

func TestTCPLines(t *testing.T) {
	s := startServer(t, 0)
	long := strings.Repeat("x", maxLine)
	for name, c := range map[string]struct {
		sent      string
		closes    bool
		received  string
		unanswerd bool
	}{
		"line":                    {"hello\r\n", false, "hello", false},
		"empty line":              {"\n", false, "", false},
		"no line's end":           {"hello", true, "hello", false},
		"nothing":                 {"", true, "", true},
		"too long":                {long + long + "\n", false, long, false},
		"not text":                {"\x10\x0c\x00\xff\n", false, "\x10\x0c\x00\uFFFD", false},
		"more than one line sent": {"a\nb\nc\n", false, "a", false},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.address("mqtt"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(3 * time.Second))
			if _, err := io.WriteString(conn, c.sent); err != nil {
				t.Fatal(err)
			}
			if c.closes {
				_ = conn.(*net.TCPConn).CloseWrite()
			}
			got, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			var a tcpAnswer
			if c.unanswerd {
				if len(got) > 0 {
					t.Errorf("got %q", got)
				}
			} else if err := json.Unmarshal(got, &a); err != nil || a.Received != c.received || !bytes.HasSuffix(got, []byte("\n")) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// TestDrain checks that a stand-in that receives SIGTERM is not ready, still answers, finishes open requests, closes
// WebSockets, and then stops.
func TestDrain(t *testing.T) {
	s := startServer(t, 300*time.Millisecond)
	if code, _ := s.health(t, "/healthz/ready"); code != 200 {
		t.Fatalf("ready: %d", code)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "ws://"+s.address("ws"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if _, _, err := ws.Read(ctx); err != nil {
		t.Fatal(err)
	}
	slow := make(chan result, 2)
	go func() {
		slow <- probeOne(t, map[string]any{"protocol": "http", "address": s.address("http"), "path": "/?delay=600ms"})
	}()
	go func() {
		slow <- probeOne(t, map[string]any{"protocol": "grpc", "address": s.address("grpc"), "method": "/a.B/C",
			"headers": map[string]string{"standin-delay": "600ms"}})
	}()
	time.Sleep(50 * time.Millisecond)

	s.term()
	time.Sleep(50 * time.Millisecond)
	if code, body := s.health(t, "/healthz/ready"); code != 503 || body != "draining\n" {
		t.Errorf("ready while draining: %d %q", code, body)
	}
	if code, _ := s.health(t, "/healthz/live"); code != 200 {
		t.Errorf("live while draining: %d", code)
	}
	if r := probeOne(t, map[string]any{"protocol": "http", "address": s.address("http")}); r.Outcome != outcomeAnswered {
		t.Errorf("while draining: %s %s", r.Outcome, r.Detail)
	}
	for range 2 {
		if r := <-slow; r.Outcome != outcomeAnswered {
			t.Errorf("open request: %s %s", r.Outcome, r.Detail)
		}
	}
	if _, _, err := ws.Read(ctx); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("open WebSocket: %v", err)
	}
	s.stop()
	for name := range s.addresses() {
		r := probeOne(t, map[string]any{"protocol": "tcp", "address": s.address(name)})
		if r.Outcome != outcomeRefused {
			t.Errorf("port %s after the stop: %s %s", name, r.Outcome, r.Detail)
		}
	}
	var said []string
	for line := range strings.Lines(s.log.String()) {
		var entry struct{ Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("%v in %q", err, line)
		}
		said = append(said, entry.Msg)
	}
	if got := strings.Join(said, " "); got != "started draining stopped" {
		t.Errorf("log: %s", got)
	}
}

// TestPortsTaken checks that all ports that cannot be bound are reported.
// TestNoPorts runs the stand-in of a worker, which nothing calls.
func TestNoPorts(t *testing.T) {
	if _, err := parseServe([]string{"--service", "worker", "--version", "v1"}); err != nil {
		t.Fatal(err)
	}
	r := startPorts(t, 0)
	if code, body := r.health(t, "/healthz/ready"); code != http.StatusOK {
		t.Errorf("ready: %d %s", code, body)
	}
}

func TestPortsTaken(t *testing.T) {
	s := startServer(t, 0)
	taken := func(name string) int {
		_, port, _ := net.SplitHostPort(s.address(name))
		n, _ := portNumber(port)
		return n
	}
	_, err := newServer(serveConfig{Service: "a", Version: "v1", Health: taken("health"), Ports: []portSpec{
		{"one", protoHTTP, "", taken("http")}, {"free", protoHTTP, "", 0}, {"two", protoTCP, "", taken("mqtt")}}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"health port:", "port one:", "port two:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

// TestMetricsBounded checks that callers beyond the limit share a label value.
func TestMetricsBounded(t *testing.T) {
	m := newMetrics()
	for i := range 3 * maxCallerLabels {
		m.count(portSpec{Name: "http"}, "spiffe://td/ns/a/sa/s"+strings.Repeat("x", i%60)+string(rune('a'+i/60)), "200")
	}
	if len(m.counts) > maxCallerLabels+1 {
		t.Errorf("%d series", len(m.counts))
	}
}
