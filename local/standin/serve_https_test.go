package main

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
)

// TestHTTPS checks that an https port presents the certificate, listens on its address only, and returns the server name and
// the peer.
func TestHTTPS(t *testing.T) {
	pair, ca := certificate(t, "api.example.com")
	s, err := newServer(serveConfig{Service: "outside", Version: "v1", TLSPair: pairFile(t, pair), Ports: []portSpec{
		{"one", protoHTTPS, "127.0.0.2", 0}, {"two", protoTCP, "127.0.0.3", 0}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	secure := s.addresses()["one"]
	request := func(name string) result {
		return probeOne(t, map[string]any{"protocol": "http", "address": secure, "host": "api.example.com",
			"tls": map[string]any{"serverName": name, "caPem": ca}})
	}
	r := request("api.example.com")
	if a := decodeAnswer(t, r.Answer); r.Outcome != outcomeAnswered || a.Protocol != protoHTTPS || a.Port != "one" ||
		a.ServerName != "api.example.com" || net.ParseIP(a.Peer) == nil || !strings.HasPrefix(a.Peer, "127.") {
		t.Errorf("%s %s: %s", r.Outcome, r.Detail, r.Answer)
	}
	if r := request("other.example.com"); r.Outcome != outcomeTLS {
		t.Errorf("another name: %s %s", r.Outcome, r.Detail)
	}
	_, number, _ := net.SplitHostPort(secure)
	elsewhere := probeOne(t, map[string]any{"protocol": "tcp", "address": "127.0.0.4:" + number})
	if elsewhere.Outcome != outcomeRefused {
		t.Errorf("at another address: %s %s", elsewhere.Outcome, elsewhere.Detail)
	}
	plain := probeOne(t, map[string]any{"protocol": "tcp", "address": s.addresses()["two"]})
	var answer struct{ Peer string }
	if err := json.Unmarshal(plain.Answer, &answer); err != nil || net.ParseIP(answer.Peer) == nil {
		t.Errorf("tcp: %s %s: %s", plain.Outcome, plain.Detail, plain.Answer)
	}
}

// TestUnreadableCertificate checks that a stand-in without its certificate does not start.
func TestUnreadableCertificate(t *testing.T) {
	_, err := newServer(serveConfig{Service: "a", Version: "v1", TLSPair: "/nowhere", Ports: []portSpec{
		{"one", protoHTTPS, "127.0.0.1", 0}}})
	if err == nil || !strings.Contains(err.Error(), "--tls: open /nowhere") {
		t.Errorf("got %v", err)
	}
}
