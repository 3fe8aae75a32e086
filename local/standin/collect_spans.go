package main

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"sync"

	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Limits on the stored part of a span and on the number of counted services: senders are not trusted.
const (
	maxSpanTags    = 32
	maxSpanText    = 256
	maxServices    = 256
	maxListed      = 100
	otherServices  = "other"
	unknownService = "unknown"
)

var traceID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// span is a stored span. Parent is "" for a root span.
type span struct {
	Trace   string            `json:"trace"`
	Span    string            `json:"span"`
	Parent  string            `json:"parent"`
	Service string            `json:"service"`
	Name    string            `json:"name"`
	Kind    string            `json:"kind"`
	Ms      float64           `json:"ms"`
	Tags    map[string]string `json:"tags"`
}

// spanCounts is the number of spans that a service sent since the collector started, stored or not.
type spanCounts struct {
	// Server counts requests that it served, Client those that it made, Root those that started a trace.
	Server int `json:"server"`
	Client int `json:"client"`
	Root   int `json:"root"`
}

// traceSummary is a trace with stored spans.
type traceSummary struct {
	Trace string `json:"trace"`
	Spans int    `json:"spans"`
}

// spanStore stores the most recent spans.
type spanStore struct {
	mu       sync.Mutex
	ring     []span
	received int
	services map[string]*spanCounts
}

func newSpanStore(kept int) *spanStore {
	return &spanStore{ring: make([]span, kept), services: map[string]*spanCounts{}}
}

// add stores spans from a proxy in place of the oldest ones.
func (s *spanStore) add(exported *tracev1.TracesData) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, resource := range exported.GetResourceSpans() {
		service := serviceOf(resource.GetResource().GetAttributes())
		for _, scope := range resource.GetScopeSpans() {
			for _, sent := range scope.GetSpans() {
				s.put(toSpan(service, sent))
			}
		}
	}
}

func (s *spanStore) put(one span) {
	s.ring[s.received%len(s.ring)] = one
	s.received++
	counts := s.countsOf(one.Service)
	switch one.Kind {
	case "server":
		counts.Server++
	case "client":
		counts.Client++
	}
	if one.Parent == "" {
		counts.Root++
	}
}

func (s *spanStore) countsOf(service string) *spanCounts {
	if s.services[service] == nil {
		if len(s.services) >= maxServices {
			service = otherServices
		}
		if s.services[service] == nil {
			s.services[service] = &spanCounts{}
		}
	}
	return s.services[service]
}

// each calls visit for every stored span, the oldest first. The caller holds the lock.
func (s *spanStore) each(visit func(span)) {
	for i := max(0, s.received-len(s.ring)); i < s.received; i++ {
		visit(s.ring[i%len(s.ring)])
	}
}

// ServeHTTP returns one trace's spans (`?trace=`), or the counts and the most recent traces.
func (s *spanStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	wanted := r.URL.Query().Get("trace")
	if wanted != "" && !traceID.MatchString(wanted) {
		http.Error(w, "trace: expected 32 hexadecimal digits", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	var body []byte
	if wanted == "" {
		body = encode(s.summary())
	} else {
		body = encode(map[string]any{"spans": s.trace(wanted)})
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, "%s\n", body)
}

func (s *spanStore) trace(wanted string) []span {
	found := []span{}
	s.each(func(one span) {
		if one.Trace == wanted {
			found = append(found, one)
		}
	})
	return found
}

// summary returns the counts and the most recently started traces among the stored ones.
func (s *spanStore) summary() map[string]any {
	places := map[string]int{}
	all := []traceSummary{}
	s.each(func(one span) {
		place, known := places[one.Trace]
		if !known {
			place = len(all)
			places[one.Trace] = place
			all = append(all, traceSummary{Trace: one.Trace})
		}
		all[place].Spans++
	})
	return map[string]any{
		"received": s.received,
		"kept":     min(s.received, len(s.ring)),
		"services": s.services,
		"traces":   all[max(0, len(all)-maxListed):],
	}
}

func toSpan(service string, sent *tracev1.Span) span {
	one := span{
		Trace: hex.EncodeToString(firstBytes(sent.GetTraceId(), 16)), Span: hex.EncodeToString(firstBytes(sent.GetSpanId(), 8)),
		Parent: hex.EncodeToString(firstBytes(sent.GetParentSpanId(), 8)), Service: service,
		Name: truncate(sent.GetName(), maxSpanText), Kind: kindOf(sent.GetKind()),
		Ms:   float64(int64(sent.GetEndTimeUnixNano()-sent.GetStartTimeUnixNano())) / 1e6,
		Tags: map[string]string{},
	}
	for _, attribute := range sent.GetAttributes() {
		if len(one.Tags) == maxSpanTags {
			break
		}
		one.Tags[truncate(attribute.GetKey(), maxSpanText)] = truncate(textOf(attribute.GetValue()), maxSpanText)
	}
	return one
}

func serviceOf(attributes []*commonv1.KeyValue) string {
	for _, attribute := range attributes {
		if attribute.GetKey() == "service.name" {
			return truncate(textOf(attribute.GetValue()), maxSpanText)
		}
	}
	return unknownService
}

func kindOf(kind tracev1.Span_SpanKind) string {
	switch kind {
	case tracev1.Span_SPAN_KIND_SERVER:
		return "server"
	case tracev1.Span_SPAN_KIND_CLIENT:
		return "client"
	default:
		return "internal"
	}
}

func textOf(value *commonv1.AnyValue) string {
	switch v := value.GetValue().(type) {
	case *commonv1.AnyValue_StringValue:
		return v.StringValue
	case *commonv1.AnyValue_IntValue:
		return fmt.Sprint(v.IntValue)
	case *commonv1.AnyValue_BoolValue:
		return fmt.Sprint(v.BoolValue)
	case *commonv1.AnyValue_DoubleValue:
		return fmt.Sprint(v.DoubleValue)
	default:
		return ""
	}
}

func firstBytes(b []byte, max int) []byte { return b[:min(len(b), max)] }
