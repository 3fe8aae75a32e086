package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

const exportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// collecting is a test's collector, on free ports.
type collecting struct {
	*collector
	conn *grpc.ClientConn
}

func startCollector(t *testing.T, kept int) collecting {
	t.Helper()
	c, err := newCollector(collectConfig{Kept: kept})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.run(ctx, slog.New(slog.NewJSONHandler(io.Discard, nil))) }()
	conn, err := grpc.NewClient(local(c.listeners[0]), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return collecting{c, conn}
}

func local(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "127.0.0.1:" + port
}

func (c collecting) export(t *testing.T, service string, spans ...*tracev1.Span) {
	t.Helper()
	exported := &tracev1.TracesData{ResourceSpans: []*tracev1.ResourceSpans{{
		Resource:   &resourcev1.Resource{Attributes: []*commonv1.KeyValue{text("service.name", service)}},
		ScopeSpans: []*tracev1.ScopeSpans{{Spans: spans}},
	}}}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.conn.Invoke(ctx, exportMethod, exported, &emptypb.Empty{}); err != nil {
		t.Fatal(err)
	}
}

// shown is the output of `standin traces`.
type shown struct {
	Received, Kept int
	Services       map[string]spanCounts
	Traces         []traceSummary
	Spans          []span
}

func (c collecting) show(t *testing.T, args ...string) shown {
	t.Helper()
	var out, stderr bytes.Buffer
	_, port, _ := net.SplitHostPort(c.listeners[1].Addr().String())
	all := append([]string{"traces", "--query", port}, args...)
	if code := run(context.Background(), all, nil, &out, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	var s shown
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	return s
}

func text(key, value string) *commonv1.KeyValue {
	return &commonv1.KeyValue{Key: key, Value: &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: value}}}
}

func sent(trace, id, parent byte, kind tracev1.Span_SpanKind, tags ...*commonv1.KeyValue) *tracev1.Span {
	s := &tracev1.Span{TraceId: bytes.Repeat([]byte{trace}, 16), SpanId: bytes.Repeat([]byte{id}, 8), Name: "call", Kind: kind,
		StartTimeUnixNano: 1_000_000, EndTimeUnixNano: 3_500_000, Attributes: tags}
	if parent != 0 {
		s.ParentSpanId = bytes.Repeat([]byte{parent}, 8)
	}
	return s
}

const (
	kindServer = tracev1.Span_SPAN_KIND_SERVER
	kindClient = tracev1.Span_SPAN_KIND_CLIENT
)

func TestCollectorJoinsATrace(t *testing.T) {
	c := startCollector(t, 10)
	c.export(t, "gateway", sent(1, 1, 0, kindServer, text("tenant", "acme")), sent(1, 2, 1, kindClient))
	c.export(t, "auth", sent(1, 3, 2, kindServer), sent(2, 4, 0, kindServer))
	got := c.show(t)
	if got.Received != 4 || got.Kept != 4 {
		t.Errorf("received %d, kept %d", got.Received, got.Kept)
	}
	if g, a := got.Services["gateway"], got.Services["auth"]; g != (spanCounts{1, 1, 1}) || a != (spanCounts{2, 0, 1}) {
		t.Errorf("counts: gateway %+v, auth %+v", g, a)
	}
	if len(got.Traces) != 2 || got.Traces[0].Spans != 3 {
		t.Errorf("traces: %+v", got.Traces)
	}
	joined := c.show(t, "--trace", strings.Repeat("01", 16)).Spans
	if len(joined) != 3 || joined[0].Parent != "" || joined[1].Parent != joined[0].Span || joined[2].Parent != joined[1].Span {
		t.Fatalf("spans: %+v", joined)
	}
	if first := joined[0]; first.Service != "gateway" || first.Kind != "server" || first.Ms != 2.5 || first.Tags["tenant"] != "acme" {
		t.Errorf("span: %+v", first)
	}
	if none := c.show(t, "--trace", strings.Repeat("09", 16)).Spans; none == nil || len(none) != 0 {
		t.Errorf("an unknown trace has %+v", none)
	}
}

func TestCollectorKeepsTheLast(t *testing.T) {
	c := startCollector(t, 3)
	for trace := byte(1); trace <= 5; trace++ {
		c.export(t, "auth", sent(trace, 1, 0, kindServer))
	}
	got := c.show(t)
	if got.Received != 5 || got.Kept != 3 || got.Services["auth"].Root != 5 {
		t.Errorf("%+v", got)
	}
	if len(got.Traces) != 3 || got.Traces[0].Trace != strings.Repeat("03", 16) {
		t.Errorf("traces: %+v", got.Traces)
	}
}

func TestCollectorBoundsWhatASenderMakesItKeep(t *testing.T) {
	c := startCollector(t, 400)
	long := strings.Repeat("x", 10*maxSpanText)
	var tags []*commonv1.KeyValue
	for i := range 2 * maxSpanTags {
		tags = append(tags, text(fmt.Sprint(i), long))
	}
	big := sent(1, 1, 0, kindServer, tags...)
	big.Name = long
	big.TraceId = bytes.Repeat([]byte{1}, 100)
	c.export(t, long, big)
	for i := range maxServices + 10 {
		c.export(t, fmt.Sprintf("made-up-%d", i), sent(2, 1, 0, kindServer))
	}
	one := c.show(t, "--trace", strings.Repeat("01", 16)).Spans[0]
	if len(one.Tags) != maxSpanTags || len(one.Tags["0"]) != maxSpanText || len(one.Name) != maxSpanText || len(one.Service) != maxSpanText {
		t.Errorf("%d tags, of %d bytes; a name of %d, a service of %d", len(one.Tags), len(one.Tags["0"]), len(one.Name), len(one.Service))
	}
	got := c.show(t)
	if len(got.Services) != maxServices+1 || got.Services[otherServices].Server != 11 {
		t.Errorf("%d services, %+v of others", len(got.Services), got.Services[otherServices])
	}
	if len(got.Traces) > maxListed {
		t.Errorf("%d traces are listed", len(got.Traces))
	}
}

func TestCollectorIsAskedByItsOwnPodAlone(t *testing.T) {
	c := startCollector(t, 1)
	if host, _, _ := net.SplitHostPort(c.listeners[1].Addr().String()); host != "127.0.0.1" {
		t.Errorf("the query port is bound to %s", host)
	}
	for _, args := range [][]string{{"collect", "--spans", "0"}, {"collect", "--otlp", "x"}, {"traces", "--trace", "7"}} {
		if code := run(context.Background(), args, nil, io.Discard, io.Discard); code != exitUsage {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
	if code := run(context.Background(), []string{"traces", "--query", "1"}, nil, io.Discard, io.Discard); code != exitFailure {
		t.Errorf("without a collector: exit code %d", code)
	}
}
