package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

// startDefective starts a stand-in with an HTTP and a gRPC port and the given defects.
func startDefective(t *testing.T, wrong defects, figures ...string) *running {
	t.Helper()
	s, err := newServer(serveConfig{Service: "auth", Version: "v2", Defects: wrong, Figures: figures, Ports: []portSpec{
		{"http", protoHTTP, "", 0}, {"grpc", protoGRPC, "", 0},
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx, slog.New(slog.NewJSONHandler(io.Discard, nil))) }()
	t.Cleanup(func() { cancel(); <-done })
	return &running{server: s}
}

func get(t *testing.T, s *running, times int) map[int]int {
	t.Helper()
	codes := map[int]int{}
	for range times {
		resp, err := http.Get("http://" + s.address("http") + "/x")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		codes[resp.StatusCode]++
	}
	return codes
}

// TestErrors checks that exactly the given percentage of requests fails, each after the delay.
func TestErrors(t *testing.T) {
	s := startDefective(t, defects{Errors: 5})
	if codes := get(t, s, 100); codes[500] != 5 || codes[200] != 95 {
		t.Errorf("%v", codes)
	}
	all := startDefective(t, defects{Errors: 100})
	r := probeOne(t, map[string]any{"protocol": "grpc", "address": all.address("grpc"), "method": "/a.B/C"})
	if r.Status == nil || *r.Status != 13 {
		t.Errorf("%+v", r)
	}
	slow := startDefective(t, defects{Delay: 60 * time.Millisecond})
	begun := time.Now()
	get(t, slow, 1)
	if waited := time.Since(begun); waited < 60*time.Millisecond {
		t.Errorf("answered after %v", waited)
	}
}

// TestFigures counts one event for each successful request, of which the given percentage is bad.
func TestFigures(t *testing.T) {
	s := startDefective(t, defects{Errors: 50, Figures: 10}, "login", "rebuffer", "alert-delivery")
	get(t, s, 200)
	_, text := s.health(t, "/metrics")
	for _, line := range []string{
		`sparc_logins_total{outcome="ok"} 90`,
		`sparc_logins_total{outcome="failed"} 10`,
		"sparc_watch_seconds_total 1000",
		"sparc_rebuffer_seconds_total 50",
		`sparc_alert_delivery_seconds_bucket{le="5"} 90`,
		`sparc_alert_delivery_seconds_bucket{le="30"} 100`,
		"sparc_alert_delivery_seconds_count 100",
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
	if strings.Contains(text, "sparc_payments_total") {
		t.Error("it counts payments, which were not requested")
	}
}

// TestDefectFlags reports all invalid figures and percentages at once.
func TestDefectFlags(t *testing.T) {
	_, err := parseServe([]string{
		"--service", "a", "--version", "v1", "--port", "http:http:8080", "--figure", "logins", "--errors", "101", "--bad-figures", "x", "--delay", "2h",
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"--figure", "alert-delivery, login", "--errors", "--bad-figures", "--delay"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
