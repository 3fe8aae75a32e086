package main

import (
	"bytes"
	"errors"
	"io"
	"net"
)

// probeTCP sends a line, which can request a delay, and reads one.
func probeTCP(conn net.Conn, r *request) result {
	w := newWire(conn)
	line := "probe " + r.ID
	if r.Delay != "" {
		line += delayWord + r.Delay
	}
	w.send([]byte(line + "\n"))
	if _, err := w.br.Peek(1); err != nil {
		return w.failed(err, phaseAnswer)
	}
	if alert, ok := w.tlsAlert(); ok {
		return result{Outcome: outcomeTLS, Detail: "plain text was answered with a TLS alert: " + alert.Error()}
	}
	answer, err := w.br.ReadSlice('\n')
	if a := parseAnswer(answer); a != nil {
		return result{Outcome: outcomeAnswered, Answer: a}
	}
	if bytes.HasPrefix(answer, []byte("HTTP/")) {
		// A proxy or server that speaks HTTP.
		return result{Outcome: outcomeOther, Detail: "an HTTP response: " + quoteStart(answer)}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		res := w.failed(err, phasePartial)
		res.Detail += ": " + quoteStart(answer)
		return res
	}
	return result{Outcome: outcomeOther, Detail: "not a stand-in's answer: " + quoteStart(answer)}
}
