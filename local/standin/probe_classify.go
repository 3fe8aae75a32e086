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

// phase is how far a probe came.
type phase string

const (
	phaseConnect   phase = "connecting"
	phaseHandshake phase = "during the TLS handshake"
	phaseAnswer    phase = "before any byte of an answer"
	phasePartial   phase = "in the middle of an answer"
)

// fromError judges an error of the network.
func fromError(err error, at phase) result {
	res := result{Outcome: outcomeOther, Detail: fmt.Sprintf("%s: %v", at, err)}
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		res.Outcome, res.unavailable = outcomeDNS, true
		res.Detail = err.Error()
	case errors.As(err, &op) && op.Op == "remote error":
		// crypto/tls reports an alert that the peer sent this way, also after the handshake.
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

// isReset is true of what the kernel says of a connection that was reset, whether it was read or written.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}

// wire is a connection that is read through a buffer and remembers its errors: that of writing, since what the peer
// still said matters more and is read first, and that of reading, which a parser may hide behind its own.
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

// failed judges an error of reading. The kernel tells of a reset only once: when writing met it, reading sees
// no more than the end.
func (w *wire) failed(err error, at phase) result {
	if w.writeErr != nil && errors.Is(err, io.EOF) {
		err = w.writeErr
	}
	return fromError(err, at)
}

// sniffHTTP waits for the first bytes of an answer and says whether they are HTTP/1's. If they are not, nor the
// beginning of want, res tells what they are.
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

// tlsAlert recognises a TLS record with an alert in it: type 21, version 3.x, length 2, level, description.
func (w *wire) tlsAlert() (tls.AlertError, bool) {
	// Not to wait for seven bytes of anything else.
	if first, err := w.br.Peek(1); err != nil || first[0] != 21 {
		return 0, false
	}
	b, err := w.br.Peek(7)
	if err != nil || b[1] != 3 || b[3] != 0 || b[4] != 2 {
		return 0, false
	}
	return tls.AlertError(b[6]), true
}
