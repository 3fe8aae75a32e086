package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Limits on the parts of a request that an answer repeats.
const (
	maxAnswerHeaders = 64
	maxAnswerValue   = 1024
	maxAnswerPath    = 2048
)

// Headers that mark a stand-in's answers. headerAnswer carries the whole answer where a response has no
// body: to HEAD, with 204 or 304, and in a trailers-only gRPC response.
const (
	headerService = "x-standin-service"
	headerCaller  = "x-standin-caller"
	headerAnswer  = "x-standin-answer"
)

// identity identifies a stand-in.
type identity struct {
	Service string `json:"service"`
	Version string `json:"version"`
	Pod     string `json:"pod"`
}

// port is the common part of every protocol's server.
type port struct {
	spec    portSpec
	id      identity
	metrics *metrics
	// delay precedes every answer, and errored selects the requests that fail: the defects of this version.
	delay   time.Duration
	errored *share
}

// answer is a stand-in's answer to a request over HTTP, gRPC or WebSocket.
type answer struct {
	identity
	Port     string `json:"port"`
	Protocol string `json:"protocol"`
	Method   string `json:"method"`
	Path     string `json:"path"`
	Caller   string `json:"caller"`
	// Attempt counts from 1; 0 without the proxy's count.
	Attempt int `json:"attempt,omitempty"`
	// Peer is the source address of the connection, for HTTP; in the mesh, that is the local sidecar.
	Peer string `json:"peer,omitempty"`
	// ServerName is the server name (SNI) in the client's TLS handshake.
	ServerName string            `json:"serverName,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`
	Error      string            `json:"error,omitempty"`
	// Then is the answer of the next callee, by the header standin-then.
	Then json.RawMessage `json:"then,omitempty"`
}

// tcpAnswer is a stand-in's answer to a TCP connection, which carries no caller identity.
type tcpAnswer struct {
	identity
	Port     string `json:"port"`
	Protocol string `json:"protocol"`
	Received string `json:"received"`
	Peer     string `json:"peer"`
}

// answer describes a request to p. headers are the request's; the case of their names does not matter.
func (p port) answer(method, path string, headers map[string][]string) answer {
	return answer{
		identity: p.id,
		Port:     p.spec.Name,
		Protocol: p.spec.Protocol,
		Method:   truncate(method, maxAnswerPath),
		Path:     truncate(path, maxAnswerPath),
		Caller:   callerOf(headers),
		Attempt:  attemptOf(headers),
		Headers:  shownHeaders(headers),
	}
}

// headerAttempt is Envoy's header with the number of the attempt, from 1.
const headerAttempt = "x-envoy-attempt-count"

// attemptOf reads the proxy's count of attempts; the case of the header's name does not matter.
func attemptOf(headers map[string][]string) int {
	for name, values := range headers {
		if strings.EqualFold(name, headerAttempt) && len(values) > 0 {
			n, _ := strconv.Atoi(values[0])
			return n
		}
	}
	return 0
}

// shownHeaders lower-cases and bounds a request's headers. It omits the raw client certificate header, and shows only the
// size of credentials.
func shownHeaders(headers map[string][]string) map[string]string {
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	sort.Strings(names)
	out := map[string]string{}
	for _, name := range names {
		lower := strings.ToLower(name)
		if lower == headerXFCC || len(out) == maxAnswerHeaders {
			continue
		}
		value := strings.Join(headers[name], ", ")
		switch lower {
		case "authorization", "proxy-authorization", "cookie":
			value = fmt.Sprintf("redacted (%d bytes)", len(value))
		}
		out[truncate(lower, maxAnswerValue)] = truncate(value, maxAnswerValue)
	}
	return out
}

func truncate(s string, max int) string {
	if len(s) <= max {
		return s
	}
	// A copy: a substring would keep the whole string in memory.
	return strings.Clone(strings.ToValidUTF8(s[:max], ""))
}

// encode renders v as one line of JSON, without a line break.
func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		// Only strings and maps of strings are encoded here, which cannot fail.
		panic(err)
	}
	return bytes.TrimRight(buf.Bytes(), "\n")
}

// headerValue renders a for a header: in ASCII, without the request's headers and the next callee's answer.
func (a answer) headerValue() string {
	a.Headers, a.Then = nil, nil
	return asciiJSON(encode(a))
}

// asciiJSON escapes all characters of valid JSON that are not printable ASCII.
func asciiJSON(in []byte) string {
	var b strings.Builder
	for _, r := range string(in) {
		switch {
		case r < 0x7f:
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		}
	}
	return b.String()
}

// printable reports whether s is valid as a header's value.
func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e }) < 0
}

// parseAnswer returns the JSON of a stand-in's answer, or nil if raw is not one.
func parseAnswer(raw []byte) json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	var marks struct{ Service, Version, Pod, Port, Protocol *string }
	if json.Unmarshal(raw, &marks) != nil {
		return nil
	}
	for _, m := range []*string{marks.Service, marks.Version, marks.Pod, marks.Port, marks.Protocol} {
		if m == nil || *m == "" {
			return nil
		}
	}
	return json.RawMessage(raw)
}
