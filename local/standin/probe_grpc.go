package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// probeGRPC calls a method with one empty message, over HTTP/2. It does not use grpc-go, whose errors do not distinguish a
// status from the server from one that the client generated for a reset, a close or a plain HTTP response.
func probeGRPC(conn net.Conn, r *request) result {
	w := newWire(conn)
	res := startH2(w, r)
	if res != nil {
		return *res
	}
	http1, res := w.sniffHTTP(startsH2)
	if res != nil {
		return *res
	}
	if http1 {
		resp, res := w.readHead(nil)
		if res != nil {
			return *res
		}
		return w.classify(resp)
	}
	resp, res := readH2(w)
	if res != nil {
		return *res
	}
	return fromGRPC(resp)
}

// fromGRPC classifies a complete response to a gRPC call.
func fromGRPC(resp *h2Response) result {
	status := resp.trailer.Get("grpc-status")
	message := resp.trailer.Get("grpc-message")
	if status == "" {
		// A trailers-only response is a single block of headers.
		status, message = resp.header.Get("grpc-status"), resp.header.Get("grpc-message")
	}
	message = decodeGRPCMessage(message)
	code, err := strconv.Atoi(status)
	switch {
	case status == "" && !strings.HasPrefix(resp.header.Get("content-type"), "application/grpc"):
		return fromHTTP(resp.status, resp.header, resp.body)
	case status == "":
		return result{Outcome: outcomeOther, Status: nil, Detail: fmt.Sprintf("HTTP %d without a grpc-status; %s",
			resp.status, detail(resp.body, resp.header, resp.trailer))}
	case err != nil || code < 0:
		return result{Outcome: outcomeOther, Detail: "malformed grpc-status; " + detail(nil, resp.header, resp.trailer)}
	}
	res := result{Outcome: outcomeGRPC, Status: &code, Detail: detail(nil, resp.header, resp.trailer)}
	if res.Answer = answerIn(firstString(resp.body), resp.header, resp.trailer); res.Answer != nil {
		res.Outcome = outcomeAnswered
		return res
	}
	switch {
	case code == 7 && strings.Contains(message, rbacMessage):
		res.Outcome = outcomeRBAC
	case code == 14:
		res.unavailable = saysUnavailable(message, resp.header, resp.trailer)
	}
	return res
}

// firstString returns the value of the first message, if it is a StringValue.
func firstString(body []byte) []byte {
	if len(body) < 5 || body[0] != 0 {
		return nil
	}
	size := binary.BigEndian.Uint32(body[1:5])
	if uint64(len(body)-5) < uint64(size) {
		return nil
	}
	var value wrapperspb.StringValue
	if proto.Unmarshal(body[5:5+size], &value) != nil {
		return nil
	}
	return []byte(value.GetValue())
}

// decodeGRPCMessage decodes the percent-encoding of a grpc-message.
func decodeGRPCMessage(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}

// h2Response is a complete response over HTTP/2.
type h2Response struct {
	status          int
	header, trailer http.Header
	body            []byte
}
