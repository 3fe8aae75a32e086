package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// loadOf runs a load like the command.
func loadOf(t *testing.T, args []string, requests ...map[string]any) loadResult {
	t.Helper()
	in, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	args = append([]string{"load"}, args...)
	if code := run(context.Background(), args, bytes.NewReader(in), &out, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	var result loadResult
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	return result
}

// TestLoadSendsRequestsInTurn checks that rate and duration determine the number of requests.
func TestLoadSendsRequestsInTurn(t *testing.T) {
	s := startServer(t, 0)
	address := s.address("http")
	got := loadOf(t, []string{"--rate", "100", "--duration", "200ms"},
		map[string]any{"id": "well", "protocol": "http", "address": address, "path": "/v1/x"},
		map[string]any{"id": "ill", "protocol": "http", "address": address, "method": "POST", "path": "/?status=503"})
	if got.Statuses["200"] != 10 || got.Statuses["503"] != 10 || len(got.Errors) != 0 {
		t.Errorf("statuses %v, errors %v", got.Statuses, got.Errors)
	}
	if len(got.Micros) != 20 || len(got.LateMicros) != 20 {
		t.Errorf("%d times, %d late", len(got.Micros), len(got.LateMicros))
	}
}

// TestLoadMeasuresFromDueTime checks that a slow response delays the requests that wait for its connection.
func TestLoadMeasuresFromDueTime(t *testing.T) {
	s := startServer(t, 0)
	got := loadOf(t, []string{"--rate", "100", "--duration", "50ms", "--connections", "1"},
		map[string]any{"id": "slow", "protocol": "http", "address": s.address("http"), "path": "/?delay=100ms"})
	// Five are due within 40 ms, and are answered one by one.
	slowest := time.Duration(slices.Max(got.Micros)) * time.Microsecond
	if len(got.Micros) != 5 || slowest < 460*time.Millisecond {
		t.Errorf("%d answered, the slowest after %s", len(got.Micros), slowest)
	}
}

func TestLoadCountsWhatWasNotAnswered(t *testing.T) {
	got := loadOf(t, []string{"--rate", "100", "--duration", "30ms"},
		map[string]any{"id": "one", "protocol": "http", "address": refusing(t)})
	failed := 0
	for _, count := range got.Errors {
		failed += count
	}
	if failed != 3 || len(got.Micros) != 0 || len(got.Statuses) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestLoadReportsAllErrors(t *testing.T) {
	var out, stderr bytes.Buffer
	in := `[{"id":"a","protocol":"tcp","address":"127.0.0.1:1"},{"id":"b","protocol":"http"}]`
	args := []string{"load", "--rate", "0", "--duration", "1h"}
	if code := run(context.Background(), args, strings.NewReader(in), &out, &stderr); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"--rate", "--duration", `request 0 (id "a"): load supports http only`, `request 1 (id "b"): address`} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is not reported in\n%s", want, stderr.String())
		}
	}
	stderr.Reset()
	if code := run(context.Background(), []string{"load"}, strings.NewReader("[]"), &out, &stderr); code != exitUsage {
		t.Errorf("exit code %d of no requests: %s", code, stderr.String())
	}
}
