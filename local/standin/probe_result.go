package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sort"
	"strconv"
	"strings"
)

// The outcomes of a probe.
const (
	outcomeAnswered = "answered" // a stand-in's answer
	outcomeRBAC     = "rbac"     // denied by an AuthorizationPolicy at a sidecar or gateway
	outcomeHTTP     = "http"     // any other HTTP response
	outcomeGRPC     = "grpc"     // any other gRPC status
	outcomeReset    = "reset"    // the connection or stream ended before the answer was complete
	outcomeRefused  = "refused"  // nothing listens
	outcomeTLS      = "tls"      // the TLS handshake failed
	outcomeDNS      = "dns"      // the name did not resolve
	outcomeTimeout  = "timeout"  // no answer in time
	outcomeOther    = "other"    // none of these; see the detail
)

const rbacMessage = "RBAC: access denied"

// maxBodyDetail limits how much of a body a detail contains.
const maxBodyDetail = 200

// result is the result of a request on stdout. Status is null without a response.
type result struct {
	ID       string          `json:"id"`
	Outcome  string          `json:"outcome"`
	Status   *int            `json:"status"`
	Answer   json.RawMessage `json:"answer"`
	Detail   string          `json:"detail"`
	Ms       int64           `json:"ms"`
	Attempts int             `json:"attempts"`

	// unavailable means that the target may become available, so that a retry makes sense.
	unavailable bool
}

// fromHTTP classifies a complete HTTP response.
func fromHTTP(status int, header http.Header, body []byte) result {
	res := result{Outcome: outcomeHTTP, Status: &status}
	if res.Answer = answerIn(body, header); res.Answer != nil {
		res.Outcome, res.Detail = outcomeAnswered, detail(nil, header)
		return res
	}
	res.Detail = detail(body, header)
	switch {
	case status == http.StatusForbidden && bytes.Contains(body, []byte(rbacMessage)):
		res.Outcome = outcomeRBAC
	case status == http.StatusServiceUnavailable:
		res.unavailable = saysUnavailable(string(body), header)
	}
	return res
}

// answerIn finds a stand-in's answer in the body or, without one, in the headers.
func answerIn(body []byte, headers ...http.Header) json.RawMessage {
	if a := parseAnswer(body); a != nil {
		return a
	}
	for _, h := range headers {
		if a := parseAnswer([]byte(h.Get(headerAnswer))); a != nil {
			return a
		}
	}
	return nil
}

// saysUnavailable distinguishes Envoy's responses without an available upstream (flags UH, UF, UC, URX, NC) from intended
// rejections, such as those of a circuit breaker or an injected fault.
func saysUnavailable(message string, headers ...http.Header) bool {
	envoy := false
	for _, h := range headers {
		if h.Get("x-envoy-overloaded") != "" {
			return false
		}
		envoy = envoy || strings.HasSuffix(h.Get("server"), "envoy")
	}
	message = strings.ReplaceAll(strings.ToLower(message), "_", " ")
	switch {
	case strings.Contains(message, "overflow"):
		return false
	case strings.TrimSpace(message) == "":
		return envoy // the cluster does not exist (yet)
	}
	for _, mark := range []string{"no healthy upstream", "upstream connect error", "upstream reset before response",
		"cluster not found"} {
		if strings.Contains(message, mark) {
			return true
		}
	}
	return false
}

// detailHeaders are the response headers that a detail contains, in addition to Envoy's.
var detailHeaders = map[string]bool{
	"server": true, "location": true, "retry-after": true, "www-authenticate": true, "grpc-status": true,
	"grpc-message": true, "content-type": true, "access-control-allow-origin": true,
}

// detail describes a response: the headers that identify its sender and reason, and the start of its body.
func detail(body []byte, headers ...http.Header) string {
	var parts []string
	for _, h := range headers {
		for name, values := range h {
			name = strings.ToLower(name)
			if detailHeaders[name] || strings.HasPrefix(name, "x-envoy-") || strings.HasPrefix(name, "x-ratelimit-") {
				value := strings.Join(values, ", ")
				if name == "grpc-message" {
					value = decodeGRPCMessage(value)
				}
				parts = append(parts, name+"="+strconv.Quote(truncate(value, maxAnswerValue)))
			}
		}
	}
	sort.Strings(parts)
	if len(body) > 0 {
		parts = append(parts, "body="+quoteStart(body))
	}
	return strings.Join(parts, " ")
}

// quoteStart quotes the start of the received data.
func quoteStart(b []byte) string {
	if len(b) > maxBodyDetail {
		b = b[:maxBodyDetail]
	}
	return strconv.Quote(string(b))
}
