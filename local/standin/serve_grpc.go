package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Metadata that requests an error or a delay.
const (
	metadataStatus = "standin-status"
	metadataDelay  = "standin-delay"
)

// grpcPort serves any method and the standard health service.
type grpcPort struct {
	port
	server *grpc.Server
	health *health.Server
}

func newGRPCPort(p port) portServer {
	g := &grpcPort{port: p, health: health.NewServer()}
	g.server = grpc.NewServer(
		grpc.ForceServerCodecV2(anyCodec{encoding.GetCodecV2(proto.Name)}),
		grpc.UnknownServiceHandler(g.handle),
		grpc.MaxRecvMsgSize(maxBodyBytes),
	)
	healthv1.RegisterHealthServer(g.server, g.health)
	return g
}

func (g *grpcPort) serve(l net.Listener) error {
	if err := g.server.Serve(l); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// drain sets the status of the health service to NOT_SERVING.
func (g *grpcPort) drain() { g.health.Shutdown() }

func (g *grpcPort) stop(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		g.server.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		g.server.Stop()
	}
}

// anyMessage is a message of unknown type.
type anyMessage struct{}

// anyCodec decodes a message of any type as anyMessage; otherwise, it is the protobuf codec.
type anyCodec struct{ encoding.CodecV2 }

func (c anyCodec) Unmarshal(data mem.BufferSlice, v any) error {
	if _, skip := v.(*anyMessage); skip {
		return nil
	}
	return c.CodecV2.Unmarshal(data, v)
}

// grpcBehavior is the behavior that a request's metadata requests.
type grpcBehavior struct {
	code  codes.Code
	delay time.Duration
}

func parseGRPCBehavior(md metadata.MD) (grpcBehavior, error) {
	var b grpcBehavior
	var errs []error
	if v := md.Get(metadataStatus); len(v) > 0 {
		n, err := boundedInt(v[0], 0, 16)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", metadataStatus, err))
		}
		b.code = codes.Code(n)
	}
	if v := md.Get(metadataDelay); len(v) > 0 {
		var err error
		if b.delay, err = boundedDuration(v[0], maxDelay); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", metadataDelay, err))
		}
	}
	return b, joinInline(errs)
}

// handle answers each message of a call, and a call without messages once.
func (g *grpcPort) handle(_ any, stream grpc.ServerStream) (err error) {
	ctx := stream.Context()
	method, _ := grpc.MethodFromServerStream(stream)
	md, _ := metadata.FromIncomingContext(ctx)
	a := g.answer(method, method, shownMetadata(md))
	defer func() {
		g.metrics.count(g.spec, a.Caller, strconv.Itoa(int(status.Code(err))))
	}()

	received := stream.RecvMsg(new(anyMessage))
	if received != nil && !errors.Is(received, io.EOF) {
		return received
	}
	b, invalid := parseGRPCBehavior(md)
	if invalid != nil {
		a.Error = invalid.Error()
		return g.fail(stream, codes.InvalidArgument, a)
	}
	if !sleep(ctx, b.delay+g.delay) {
		return status.FromContextError(ctx.Err()).Err()
	}
	if b.code == codes.OK {
		if a.Then, err = follow(ctx, "", md); err != nil {
			a.Error, b.code = err.Error(), codes.Unavailable
			if errors.Is(err, errThenInvalid) {
				b.code = codes.InvalidArgument
			}
			return g.fail(stream, b.code, a)
		}
		if g.errored.next() {
			b.code = codes.Internal
		} else {
			g.metrics.figures.count()
		}
	}
	if b.code != codes.OK {
		return g.fail(stream, b.code, a)
	}

	if err := stream.SetHeader(g.marks(a)); err != nil {
		return err
	}
	reply := wrapperspb.String(string(encode(a)))
	for {
		if err := stream.SendMsg(reply); err != nil {
			return err
		}
		if received == nil {
			received = stream.RecvMsg(new(anyMessage))
		}
		if errors.Is(received, io.EOF) {
			return nil
		}
		if received != nil {
			return received
		}
	}
}

// fail ends a call with code. The response is trailers-only, because Envoy evaluates retry conditions only for these. So a
// trailer carries the answer.
func (g *grpcPort) fail(stream grpc.ServerStream, code codes.Code, a answer) error {
	marks := g.marks(a)
	marks.Set(headerAnswer, a.headerValue())
	stream.SetTrailer(marks)
	message := "stand-in: status " + strconv.Itoa(int(code)) + " was requested"
	if a.Error != "" {
		message = "stand-in: " + a.Error
	}
	return status.Error(code, message)
}

func (g *grpcPort) marks(a answer) metadata.MD {
	md := metadata.Pairs(headerService, g.id.Service)
	if printable(a.Caller) {
		md.Set(headerCaller, a.Caller)
	}
	return md
}

// shownMetadata returns md as headers: the authority as host, binary values in base64.
func shownMetadata(md metadata.MD) map[string][]string {
	out := make(map[string][]string, len(md))
	for name, values := range md {
		switch {
		case name == ":authority":
			out["host"] = values
		case strings.HasSuffix(name, "-bin"):
			for _, v := range values {
				out[name] = append(out[name], base64.StdEncoding.EncodeToString([]byte(v)))
			}
		default:
			out[name] = values
		}
	}
	return out
}
