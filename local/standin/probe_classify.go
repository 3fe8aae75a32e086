package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// phase is the progress of a probe.
type phase string

const (
	phaseConnect   phase = "connecting"
	phaseHandshake phase = "during the TLS handshake"
	phaseAnswer    phase = "before any byte of an answer"
	phasePartial   phase = "in the middle of an answer"
)

// fromError classifies a network error.
func fromError(err error, at phase) result {
	res := result{Outcome: outcomeOther, Detail: fmt.Sprintf("%s: %v", at, err)}
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		res.Outcome, res.unavailable = outcomeDNS, true
		res.Detail = err.Error()
	case errors.As(err, &op) && op.Op == "remote error":
		// crypto/tls reports the peer's alerts this way, also after the handshake.
		res.Outcome = outcomeTLS
		res.Detail = fmt.Sprintf("%s: alert from the peer: %v", at, op.Err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		res.Outcome = outcomeTimeout
		res.Detail = "timed out " + string(at)
	case errors.Is(err, syscall.ECONNREFUSED):
		res.Outcome, res.unavailable = outcomeRefused, true
		res.Detail = err.Error()
	case isReset(err):
		res.Outcome, res.unavailable = outcomeReset, true
		res.Detail = fmt.Sprintf("connection reset (RST) %s", at)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		res.Outcome, res.unavailable = outcomeReset, true
		res.Detail = fmt.Sprintf("connection closed (EOF) %s", at)
	case at == phaseHandshake:
		res.Outcome = outcomeTLS
	case at == phaseConnect:
		res.unavailable = true
	}
	return res
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// isReset reports whether err is a connection reset, on read or write.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}

// wire is a buffered connection that records its errors: a write error, because the peer's remaining data matters more and is
// read first; and a read error, which a parser may replace.
type wire struct {
	net.Conn
	br       *bufio.Reader
	writeErr error
	readErr  error
}

func newWire(conn net.Conn) *wire {
	w := &wire{Conn: conn}
	w.br = bufio.NewReaderSize(readerFunc(func(p []byte) (int, error) {
		n, err := conn.Read(p)
		w.readErr = err
		return n, err
	}), 64<<10)
	return w
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Read reads through the buffer.
func (w *wire) Read(p []byte) (int, error) { return w.br.Read(p) }

// send writes all of b, unless writing failed before.
func (w *wire) send(b []byte) {
	if w.writeErr == nil {
		_, w.writeErr = w.Conn.Write(b)
	}
}

// failed classifies a read error. The kernel reports a reset only once: after a write has returned it, reads return EOF.
func (w *wire) failed(err error, at phase) result {
	if w.writeErr != nil && errors.Is(err, io.EOF) {
		err = w.writeErr
	}
	return fromError(err, at)
}

// sniffHTTP waits for the first bytes of an answer and reports whether they are HTTP/1. If they are neither HTTP/1 nor accepted
// by want, res describes them.
func (w *wire) sniffHTTP(want func(start []byte) bool) (http1 bool, res *result) {
	start, err := w.br.Peek(5)
	if len(start) == 0 && err != nil {
		r := w.failed(err, phaseAnswer)
		return false, &r
	}
	switch {
	case bytes.Equal(start, []byte("HTTP/")):
		return true, nil
	case want != nil && err == nil && want(start):
		return false, nil
	}
	if alert, ok := w.tlsAlert(); ok {
		return false, &result{Outcome: outcomeTLS,
			Detail: fmt.Sprintf("plain text was answered with a TLS alert: %v", alert)}
	}
	if err != nil {
		r := w.failed(err, phasePartial)
		return false, &r
	}
	rest, _ := w.br.Peek(w.br.Buffered())
	return false, &result{Outcome: outcomeOther, Detail: "not HTTP: " + quoteStart(rest)}
}

// tlsAlert recognizes a TLS record with an alert: type 21, version 3.x, length 2, level, description.
func (w *wire) tlsAlert() (tls.AlertError, bool) {
	// Do not wait for seven bytes of anything else.
	if first, err := w.br.Peek(1); err != nil || first[0] != 21 {
		return 0, false
	}
	b, err := w.br.Peek(7)
	if err != nil || b[1] != 3 || b[3] != 0 || b[4] != 2 {
		return 0, false
	}
	return tls.AlertError(b[6]), true
}
