package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func grpcClient(t *testing.T, s *running) (*grpc.ClientConn, context.Context) {
	t.Helper()
	conn, err := grpc.NewClient(s.address("grpc"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	t.Cleanup(cancel)
	return conn, metadata.AppendToOutgoingContext(ctx, headerXFCC, "URI="+testCaller)
}

// TestGRPCUnary calls with a grpc-go client and a message type that is unknown to the stand-in.
func TestGRPCUnary(t *testing.T) {
	s := startServer(t, 0)
	conn, ctx := grpcClient(t, s)
	var reply wrapperspb.StringValue
	var header metadata.MD
	if err := conn.Invoke(ctx, "/a.B/C", durationpb.New(time.Hour), &reply, grpc.Header(&header)); err != nil {
		t.Fatal(err)
	}
	a := decodeAnswer(t, []byte(reply.Value))
	if a.Method != "/a.B/C" || a.Caller != testCaller {
		t.Errorf("%+v", a)
	}
	if got := fmt.Sprint(header.Get(headerService), header.Get(headerCaller)); got != "[alerts] ["+testCaller+"]" {
		t.Errorf("header: %s", got)
	}
}

// TestGRPCStreams checks that each message gets one answer, and a call without messages too.
func TestGRPCStreams(t *testing.T) {
	s := startServer(t, 0)
	conn, ctx := grpcClient(t, s)
	for sent, want := range map[int]int{0: 1, 1: 1, 3: 3} {
		stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, "/a.B/Stream")
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		receive := func() error {
			var reply wrapperspb.StringValue
			err := stream.RecvMsg(&reply)
			if err == nil {
				got++
				decodeAnswer(t, []byte(reply.Value))
			}
			return err
		}
		for range sent {
			if err := stream.SendMsg(wrapperspb.Int64(5)); err != nil {
				t.Fatal(err)
			}
			if err := receive(); err != nil {
				t.Fatal(err)
			}
		}
		_ = stream.CloseSend()
		for err = nil; err == nil; {
			err = receive()
		}
		if err != io.EOF || got != want {
			t.Errorf("%d messages: %d answers, %v", sent, got, err)
		}
	}
}

func TestGRPCHealth(t *testing.T) {
	s := startServer(t, 300*time.Millisecond)
	conn, ctx := grpcClient(t, s)
	check := func(want healthv1.HealthCheckResponse_ServingStatus) {
		t.Helper()
		got, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{})
		if err != nil || got.Status != want {
			t.Errorf("%v, %v", got, err)
		}
	}
	check(healthv1.HealthCheckResponse_SERVING)
	s.term()
	time.Sleep(50 * time.Millisecond)
	check(healthv1.HealthCheckResponse_NOT_SERVING)

	// The health service's response is not a stand-in's answer.
	r := probeOne(t, map[string]any{"protocol": "grpc", "address": s.address("grpc"), "method": "/grpc.health.v1.Health/Check"})
	if r.Outcome != outcomeGRPC || statusOf(r) != "0" {
		t.Errorf("probe: %s %s %s", r.Outcome, statusOf(r), r.Detail)
	}
}

func TestGRPCBehaviors(t *testing.T) {
	s := startServer(t, 0)
	for name, c := range map[string]struct {
		headers       map[string]string
		status, wrong string
		minMs         int64
	}{
		"status": {map[string]string{"standin-status": "14"}, "14", "", 0},
		"denied": {map[string]string{"standin-status": "7"}, "7", "", 0},
		"delay":  {map[string]string{"standin-delay": "60ms"}, "0", "", 60},
		"both":   {map[string]string{"standin-delay": "60ms", "standin-status": "4"}, "4", "", 60},
		"wrong": {map[string]string{"standin-delay": "61s", "standin-status": "17"}, "3",
			"standin-status: expected|standin-delay: expected", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := probeOne(t, map[string]any{"protocol": "grpc", "address": s.address("grpc"), "method": "/a.B/C",
				"headers": c.headers, "attempts": 3})
			if r.Outcome != outcomeAnswered || statusOf(r) != c.status || r.Ms < c.minMs || r.Attempts != 1 {
				t.Fatalf("%s %s in %d ms, attempts %d: %s", r.Outcome, statusOf(r), r.Ms, r.Attempts, r.Detail)
			}
			a := decodeAnswer(t, r.Answer)
			for _, w := range strings.Split(c.wrong, "|") {
				if !strings.Contains(a.Error, w) {
					t.Errorf("no %q in %q", w, a.Error)
				}
			}
		})
	}
}

// TestGRPCErrorIsTrailersOnly checks that Envoy can retry an error, and that a grpc-go client gets it.
func TestGRPCErrorIsTrailersOnly(t *testing.T) {
	s := startServer(t, 0)
	conn, ctx := grpcClient(t, s)
	ctx = metadata.AppendToOutgoingContext(ctx, metadataStatus, "14")
	var header, trailer metadata.MD
	err := conn.Invoke(ctx, "/a.B/C", wrapperspb.Bool(true), &wrapperspb.StringValue{}, grpc.Header(&header), grpc.Trailer(&trailer))
	if status.Code(err) != codes.Unavailable {
		t.Errorf("%v", err)
	}
	if len(header) > 0 || len(trailer.Get(headerAnswer)) != 1 {
		t.Errorf("header %v, trailer %v", header, trailer)
	}
}
