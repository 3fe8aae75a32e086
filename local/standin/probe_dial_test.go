package main

import (
	"bufio"
	"net"
	"strconv"
	"strings"
	"testing"
)

func TestProbeSendsAProxyHeaderFirst(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	first := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		line, _ := bufio.NewReader(conn).ReadString('\n')
		first <- line
	}()
	probeOne(t, map[string]any{"protocol": protoHTTP, "address": l.Addr().String(), "path": "/",
		"proxyHeader": "PROXY TCP4 203.0.113.7 203.0.113.8 4711 443"})
	if got := <-first; got != "PROXY TCP4 203.0.113.7 203.0.113.8 4711 443\r\n" {
		t.Errorf("sent %q first", got)
	}
}

func TestProbeRefusesAProxyHeaderThatIsNone(t *testing.T) {
	for _, header := range []string{"GET / HTTP/1.1", "PROXY TCP4\r\nGET / HTTP/1.1"} {
		_, errs := parseRequest([]byte(`{"id":"a","protocol":"tcp","address":"a:1","proxyHeader":` + strconv.Quote(header) + `}`))
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), "proxyHeader: ") {
			t.Errorf("%q: %v", header, errs)
		}
	}
}
