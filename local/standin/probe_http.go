package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

const (
	userAgent = "standin-probe"
	// maxResponse limits how much of a body is read; stand-ins send less.
	maxResponse = 2 << 20
)

// probeHTTP sends one request over HTTP/1.1.
func probeHTTP(conn net.Conn, r *request) result {
	u, err := url.ParseRequestURI(r.Path)
	if err != nil {
		return result{Outcome: outcomeOther, Detail: err.Error()}
	}
	u.Scheme, u.Host = r.scheme(), r.authority()
	req := &http.Request{Method: r.Method, URL: u, Host: r.authority(), Header: http.Header{}, Close: true,
		ProtoMajor: 1, ProtoMinor: 1}
	req.Header.Set("User-Agent", userAgent)
	for name, value := range r.Headers {
		req.Header.Set(name, value)
	}
	w := newWire(conn)
	resp, res := w.exchange(req)
	if res != nil {
		return *res
	}
	return w.classify(resp)
}

// exchange sends req and reads the head of its final response; without one, the result has the reason.
func (w *wire) exchange(req *http.Request) (*http.Response, *result) {
	var head bytes.Buffer
	if err := req.Write(&head); err != nil {
		return nil, &result{Outcome: outcomeOther, Detail: "the request cannot be sent: " + err.Error()}
	}
	w.send(head.Bytes())
	return w.readHead(req)
}

// readHead reads the head of the final HTTP/1 response to req.
func (w *wire) readHead(req *http.Request) (*http.Response, *result) {
	for {
		if _, res := w.sniffHTTP(nil); res != nil {
			return nil, res
		}
		resp, err := http.ReadResponse(w.br, req)
		if err != nil {
			if w.readErr != nil {
				res := w.failed(w.readErr, phasePartial)
				return nil, &res
			}
			return nil, &result{Outcome: outcomeOther, Detail: "malformed HTTP response: " + err.Error()}
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, nil
		}
	}
}

// classify reads the body of resp and classifies the response.
func (w *wire) classify(resp *http.Response) result {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err != nil {
		res := w.failed(err, phasePartial)
		res.Status = &resp.StatusCode
		res.Detail = strings.TrimSpace(res.Detail + "; " + detail(body, resp.Header))
		return res
	}
	return fromHTTP(resp.StatusCode, resp.Header, body)
}
