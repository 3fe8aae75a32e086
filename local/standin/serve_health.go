package main

import (
	"net/http"
	"sync/atomic"
)

const (
	stateStarting int32 = iota
	stateReady
	stateDraining
)

// healthState is the state that the readiness probe reports.
type healthState struct{ v atomic.Int32 }

func (s *healthState) set(v int32) { s.v.Store(v) }

func (s *healthState) String() string {
	return [...]string{"starting", "ready", "draining"}[s.v.Load()]
}

// newHealthPort serves liveness, readiness and the metrics.
func newHealthPort(state *healthState, counts *metrics) portServer {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz/live", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("live\n"))
	})
	mux.HandleFunc("GET /healthz/ready", func(w http.ResponseWriter, _ *http.Request) {
		if state.v.Load() != stateReady {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write([]byte(state.String() + "\n"))
	})
	mux.Handle("GET /metrics", counts)
	return newHTTPServer(mux, false)
}
