package main

import (
	"bytes"
	"fmt"
	"net/http"
	"sort"
	"sync"
)

// maxCallerLabels bounds the number of callers with a label value; further callers are counted as "other".
const maxCallerLabels = 64

// metrics counts requests and exports them in Prometheus' text format.
type metrics struct {
	mu      sync.Mutex
	callers map[string]bool
	counts  map[requestLabels]uint64
	figures *figures
}

type requestLabels struct{ port, protocol, caller, code string }

func newMetrics() *metrics {
	return &metrics{callers: map[string]bool{}, counts: map[requestLabels]uint64{}, figures: &figures{}}
}

// count adds a request to p from caller (a SPIFFE ID, or "") with the response code.
func (m *metrics) count(p portSpec, caller, code string) {
	name := callerService(caller)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.callers[name] {
		if len(m.callers) >= maxCallerLabels {
			name = "other"
		}
		m.callers[name] = true
	}
	m.counts[requestLabels{p.Name, p.Protocol, name, code}]++
}

// ServeHTTP writes the metrics. No label can contain a character that would need escaping.
func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	lines := make([]string, 0, len(m.counts))
	for l, n := range m.counts {
		lines = append(lines, fmt.Sprintf("standin_requests_total{port=%q,protocol=%q,caller_service=%q,code=%q} %d\n",
			l.port, l.protocol, l.caller, l.code, n))
	}
	m.mu.Unlock()
	sort.Strings(lines)
	var out bytes.Buffer
	out.WriteString("# HELP standin_requests_total Requests answered by this stand-in.\n")
	out.WriteString("# TYPE standin_requests_total counter\n")
	for _, line := range lines {
		out.WriteString(line)
	}
	out.WriteString(m.figures.text())
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(out.Bytes())
}
