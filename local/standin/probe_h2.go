package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	// h2Stream is the only stream of a connection.
	h2Stream = 1
	// h2Window is larger than any response, so that no window update is necessary.
	h2Window = 2 * maxResponse
)

// startH2 sends a complete gRPC call: HTTP/2's preface, the headers and one empty message.
func startH2(w *wire, r *request) *result {
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	field := func(name, value string) { _ = enc.WriteField(hpack.HeaderField{Name: name, Value: value}) }
	field(":method", "POST")
	field(":scheme", r.scheme())
	field(":path", r.Method)
	field(":authority", r.authority())
	field("content-type", "application/grpc")
	field("te", "trailers")
	agent := true
	for name, value := range r.Headers {
		name = strings.ToLower(name)
		agent = agent && name != "user-agent"
		field(name, value)
	}
	if agent {
		field("user-agent", userAgent)
	}
	var out bytes.Buffer
	out.WriteString(http2.ClientPreface)
	framer := http2.NewFramer(&out, nil)
	err := errors.Join(
		framer.WriteSettings(
			http2.Setting{ID: http2.SettingEnablePush, Val: 0},
			http2.Setting{ID: http2.SettingInitialWindowSize, Val: h2Window}),
		framer.WriteWindowUpdate(0, h2Window),
		framer.WriteHeaders(http2.HeadersFrameParam{StreamID: h2Stream, BlockFragment: block.Bytes(), EndHeaders: true}),
		framer.WriteData(h2Stream, true, make([]byte, 5)),
	)
	if err != nil {
		return &result{Outcome: outcomeOther, Detail: "the request cannot be sent: " + err.Error()}
	}
	w.send(out.Bytes())
	return nil
}

// startsH2 reports whether a connection's first bytes are the SETTINGS frame that starts HTTP/2: a length of three bytes, the
// type, the flags.
func startsH2(start []byte) bool {
	return start[0] == 0 && start[3] == byte(http2.FrameSettings) && start[4] == 0
}

// readH2 reads frames until the response is complete; otherwise, the result has the reason.
func readH2(w *wire) (*h2Response, *result) {
	framer := http2.NewFramer(writerFunc(func(b []byte) (int, error) {
		w.send(b)
		return len(b), nil
	}), w)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	framer.MaxHeaderListSize = 256 << 10
	resp := &h2Response{trailer: http.Header{}}
	goaway := ""
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return nil, h2Failed(w, err, resp, goaway)
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !f.IsAck() {
				_ = framer.WritePing(true, f.Data)
			}
		case *http2.GoAwayFrame:
			goaway = fmt.Sprintf("GOAWAY %s %s", f.ErrCode, strconv.Quote(truncate(string(f.DebugData()), maxBodyDetail)))
			if f.LastStreamID < h2Stream {
				return nil, &result{Outcome: outcomeReset, unavailable: true, Detail: goaway + " " + string(resp.phase())}
			}
		case *http2.RSTStreamFrame:
			if f.StreamID == h2Stream {
				return nil, &result{Outcome: outcomeReset, unavailable: true,
					Detail: fmt.Sprintf("stream reset (RST_STREAM %s) %s", f.ErrCode, resp.phase())}
			}
		case *http2.MetaHeadersFrame:
			if f.StreamID == h2Stream && resp.addHeaders(f) {
				return resp, nil
			}
		case *http2.DataFrame:
			if f.StreamID != h2Stream {
				continue
			}
			resp.body = append(resp.body, f.Data()...)
			if f.StreamEnded() || len(resp.body) > maxResponse {
				return resp, nil
			}
		}
	}
}

// addHeaders adds a block of headers or trailers, and reports whether it ends the response.
func (r *h2Response) addHeaders(f *http2.MetaHeadersFrame) bool {
	fields := http.Header{}
	for _, hf := range f.RegularFields() {
		fields.Add(hf.Name, hf.Value)
	}
	if r.header != nil {
		r.trailer = fields
		return f.StreamEnded()
	}
	status, err := strconv.Atoi(f.PseudoValue("status"))
	if err == nil && status < 200 {
		return false
	}
	r.status, r.header = status, fields
	return f.StreamEnded()
}

// phase reports whether a part of the response was received.
func (r *h2Response) phase() phase {
	if r.header != nil {
		return phasePartial
	}
	return phaseAnswer
}

// h2Failed classifies an error of reading frames.
func h2Failed(w *wire, err error, resp *h2Response, goaway string) *result {
	var conn http2.ConnectionError
	var stream http2.StreamError
	res := result{Outcome: outcomeOther, Detail: "malformed HTTP/2 response: " + err.Error()}
	if !errors.As(err, &conn) && !errors.As(err, &stream) && !errors.Is(err, http2.ErrFrameTooLarge) {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		res = w.failed(err, resp.phase())
	}
	if resp.header != nil {
		res.Detail += "; " + detail(nil, resp.header)
	}
	if goaway != "" {
		res.Detail += "; " + goaway
	}
	return &res
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
