package main

import (
	"sync/atomic"
	"time"
)

// defects are the deliberate faults of a version, so that a rollout has something to detect.
type defects struct {
	// Delay precedes every answer.
	Delay time.Duration
	// Errors is the percentage of requests that fail, with 500 or INTERNAL.
	Errors int
	// Figures is the percentage of successful requests that count as bad business events.
	Figures int
}

// share selects a percentage of events, evenly spread, so that the share is exact in every run of events.
type share struct {
	percent int
	seen    atomic.Uint64
}

// next reports whether the next event is selected.
func (s *share) next() bool {
	n, p := s.seen.Add(1), uint64(s.percent)
	return n*p/100 != (n-1)*p/100
}
