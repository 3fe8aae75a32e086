package main

import (
	"sync/atomic"
	"time"
)

// defects is what a version does wrong to whoever asks it, so that a rollout has something to find.
type defects struct {
	// Delay is before every answer.
	Delay time.Duration
	// Errors is how many of a hundred requests fail: 500, or INTERNAL.
	Errors int
	// Figures is how many of a hundred requests that are answered well spoil the business's figures.
	Figures int
}

// share picks so many of a hundred, evenly spread: no run of tries has more or fewer.
type share struct {
	percent int
	seen    atomic.Uint64
}

// next says whether the next one is picked.
func (s *share) next() bool {
	n, p := s.seen.Add(1), uint64(s.percent)
	return n*p/100 != (n-1)*p/100
}
