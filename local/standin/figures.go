package main

import (
	"fmt"
	"sort"
	"strings"
	"sync"
)

// What one request counts for in each business metric. docs/reference/progressive-delivery.md specifies the metrics of a service.
const (
	watchedSeconds   = 10
	rebufferSeconds  = 5
	deliveredSeconds = 0.5
	lateSeconds      = 10
)

var deliveryBuckets = []float64{1, 5, 30}

// figures are the business metrics (KPIs): one event for each successful request.
type figures struct {
	names  []string
	bad    share
	mu     sync.Mutex
	ok     uint64
	failed uint64
}

var knownFigures = map[string]func(ok, bad uint64) []string{
	"stream-start": outcomes("sparc_stream_starts_total"),
	"login":        outcomes("sparc_logins_total"),
	"payment":      outcomes("sparc_payments_total"),
	"rebuffer": func(ok, bad uint64) []string {
		return []string{
			"# TYPE sparc_watch_seconds_total counter",
			fmt.Sprintf("sparc_watch_seconds_total %d", (ok+bad)*watchedSeconds),
			"# TYPE sparc_rebuffer_seconds_total counter",
			fmt.Sprintf("sparc_rebuffer_seconds_total %d", bad*rebufferSeconds),
		}
	},
	"alert-delivery": func(ok, bad uint64) []string {
		lines := []string{"# TYPE sparc_alert_delivery_seconds histogram"}
		for _, bound := range deliveryBuckets {
			within := ok
			if lateSeconds <= bound {
				within += bad
			}
			lines = append(lines, fmt.Sprintf("sparc_alert_delivery_seconds_bucket{le=\"%g\"} %d", bound, within))
		}
		return append(lines,
			fmt.Sprintf("sparc_alert_delivery_seconds_bucket{le=\"+Inf\"} %d", ok+bad),
			fmt.Sprintf("sparc_alert_delivery_seconds_sum %g", float64(ok)*deliveredSeconds+float64(bad)*lateSeconds),
			fmt.Sprintf("sparc_alert_delivery_seconds_count %d", ok+bad))
	},
}

func outcomes(series string) func(ok, bad uint64) []string {
	return func(ok, bad uint64) []string {
		return []string{
			fmt.Sprintf("# TYPE %s counter", series),
			fmt.Sprintf("%s{outcome=\"ok\"} %d", series, ok),
			fmt.Sprintf("%s{outcome=\"failed\"} %d", series, bad),
		}
	}
}

// count adds a successful request.
func (f *figures) count() {
	if len(f.names) == 0 {
		return
	}
	bad := f.bad.next()
	f.mu.Lock()
	defer f.mu.Unlock()
	if bad {
		f.failed++
	} else {
		f.ok++
	}
}

// text returns the metrics in Prometheus' text format, "" without business metrics.
func (f *figures) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines []string
	for _, name := range f.names {
		lines = append(lines, knownFigures[name](f.ok, f.failed)...)
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

func figureNames() string {
	names := make([]string, 0, len(knownFigures))
	for name := range knownFigures {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}
