package main

import (
	"bytes"
	"errors"
	"io"
	"net"
)

// probeTCP sends a line and reads one.
func probeTCP(conn net.Conn, r *request) result {
	w := newWire(conn)
	w.send([]byte("probe " + r.ID + "\n"))
	if _, err := w.br.Peek(1); err != nil {
		return w.failed(err, phaseAnswer)
	}
	if alert, ok := w.tlsAlert(); ok {
		return result{Outcome: outcomeTLS, Detail: "plain text was answered with a TLS alert: " + alert.Error()}
	}
	line, err := w.br.ReadSlice('\n')
	if a := parseAnswer(line); a != nil {
		return result{Outcome: outcomeAnswered, Answer: a}
	}
	if bytes.HasPrefix(line, []byte("HTTP/")) {
		// A proxy or a server that speaks HTTP: an answer, but to something else.
		return result{Outcome: outcomeOther, Detail: "an HTTP response: " + quoteStart(line)}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		res := w.failed(err, phasePartial)
		res.Detail += ": " + quoteStart(line)
		return res
	}
	return result{Outcome: outcomeOther, Detail: "not a stand-in's answer: " + quoteStart(line)}
}
