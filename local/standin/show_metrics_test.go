package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
)

// TestMetricsCommand prints the metrics of a running stand-in, and fails without one.
func TestMetricsCommand(t *testing.T) {
	s := startServer(t, 0)
	probeOne(t, map[string]any{"protocol": "http", "address": s.address("http")})
	_, health, err := net.SplitHostPort(s.address("health"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := runMetrics(context.Background(), []string{"--health", health}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `port="http",protocol="http"`) {
		t.Errorf("%s", out.String())
	}
	s.stop()
	if err := runMetrics(context.Background(), []string{"--health", health}, &out); err == nil ||
		!strings.Contains(err.Error(), "no stand-in is running here") {
		t.Errorf("%v", err)
	}
}
