package main

import (
	"bytes"
	"context"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestServeFlags(t *testing.T) {
	got, err := parseServe(strings.Fields("--service alerts --version=v1 --health 8082 --drain 3s " +
		"--port grpc:grpc:9090 --port http:http:8080 --port ws:ws:8090 --port mqtt:tcp:8883"))
	if err != nil {
		t.Fatal(err)
	}
	want := serveConfig{Service: "alerts", Version: "v1", Health: 8082, Drain: 3 * time.Second, Ports: []portSpec{
		{"grpc", "grpc", "", 9090}, {"http", "http", "", 8080}, {"ws", "ws", "", 8090}, {"mqtt", "tcp", "", 8883}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	got, err = parseServe(strings.Fields("--service a --version v1 --port http:http:80"))
	if err != nil || got.Health != defaultHealthPort || got.Drain != defaultDrain {
		t.Errorf("defaults: got %+v, %v", got, err)
	}
	got, err = parseServe(strings.Fields("--service a --version v1 --tls pair.pem --port b:https:127.0.0.2:443 " +
		"--port c:tcp:127.0.0.3:443"))
	if err != nil || got.TLSPair != "pair.pem" || !reflect.DeepEqual(got.Ports, []portSpec{
		{"b", "https", "127.0.0.2", 443}, {"c", "tcp", "127.0.0.3", 443}}) {
		t.Errorf("addresses: got %+v, %v", got, err)
	}
}

// TestUsageErrors checks that all errors are reported at once, each once, with exit code 2.
func TestUsageErrors(t *testing.T) {
	for name, c := range map[string]struct {
		args, stdin string
		want        []string
	}{
		"nothing":         {"", "", nil},
		"unknown command": {"play", "", []string{`unknown command "play"`}},
		"serve, nothing given": {"serve", "", []string{
			"--service is required", "--version is required"}},
		"serve, all wrong": {
			"serve extra --service A_ --version -x --bogus 1 --drain soon --health 0 --health 1 --port a --port B:udp:x " +
				"--port a:http:80 --port a:ws:81 --port b:tcp:80 --port", "",
			[]string{`unexpected argument "extra"`, `--service "A_"`, `--version "-x"`, "unknown flag --bogus",
				`--drain "soon"`, `--health "0"`, "--health is given more than once", `--port "a"`, `--port "B:udp:x"`,
				"--port needs a value", `the name "a" is used more than once`, "a and b both use 80"}},
		"serve, health's number": {"serve --service a --version v1 --port a:http:8081", "",
			[]string{"--health and a both use 8081"}},
		"serve, addresses that clash": {"serve --service a --version v1 --port b:tcp:127.0.0.2:80 --port c:http:127.0.0.2:80 " +
			"--port d:tcp:81 --port e:tcp:127.0.0.2:81 --port f:tcp:127.0.0.2:82 --port g:tcp:82 --port h:tcp:host:83", "",
			[]string{"b and c both use 80", "d and e both use 81", "f and g both use 82", `"host" is not an IPv4 address`}},
		"serve, https without a certificate": {"serve --service a --version v1 --port b:https:443", "",
			[]string{"--tls is required: the port b is https"}},
		"serve, a certificate for nothing": {"serve --service a --version v1 --port b:http:80 --tls pair.pem", "",
			[]string{"--tls has no effect"}},
		"probe, flags":    {"probe --concurrency 0 --bogus", "[]", []string{`--concurrency "0"`, "unknown flag --bogus"}},
		"probe, no JSON":  {"probe", "{", []string{"not a JSON array"}},
		"probe, no array": {"probe", "null", []string{"not a JSON array"}},
		"probe, requests": {"probe", `[
			5,
			{"id": "a", "protocol": "udp", "address": "nowhere", "x": 1, "y": 2, "timeoutMs": 0, "attempts": 1000},
			{"id": "b", "protocol": "http", "address": "a:80", "method": "G T", "path": "x", "host": "a/b",
			 "headers": {"Host": "c", "a b": "c", "d": "e\n", "X-A": "1", "x-a": "2"}},
			{"id": "b", "protocol": "grpc", "address": "a:80", "method": "Get", "path": "/x", "timeoutMs": "1"},
			{"id": "c", "protocol": "tcp", "address": "a:0", "method": "x", "headers": {"a": "b"}},
			{"id": "d", "protocol": "ws", "address": ":80", "headers": {"Sec-WebSocket-Key": "x"},
			 "tls": {"caPem": "x", "alpn": "h2"}},
			{"id": "e", "protocol": "http", "address": "a:80", "tls": {"caPem": "x", "caFile": "y"}},
			{"id": "f", "protocol": "http", "address": "a:80", "tls": {"caFile": "/nowhere"}}]`,
			[]string{`request 0 (id ""): expected an object`,
				`request 1 (id "a"): x: unknown field`, `request 1 (id "a"): y: unknown field`,
				`request 1 (id "a"): address`, `request 1 (id "a"): timeoutMs`, `request 1 (id "a"): attempts`,
				`request 1 (id "a"): protocol`,
				`request 2 (id "b"): host`, `request 2 (id "b"): method`, `request 2 (id "b"): path`,
				`request 2 (id "b"): headers: "Host" is reserved`, `request 2 (id "b"): headers: "a b" is not`,
				`request 2 (id "b"): headers: the value of "d"`, `request 2 (id "b"): headers: "x-a" is repeated`,
				`request 3 (id "b"): timeoutMs`, `request 3 (id "b"): method`, `request 3 (id "b"): path`,
				`request 3 (id "b"): id: used`,
				`request 4 (id "c"): address`, `request 4 (id "c"): method`, `request 4 (id "c"): headers`,
				`request 5 (id "d"): tls.alpn: unknown`, `request 5 (id "d"): address`, `request 5 (id "d"): headers`,
				`request 5 (id "d"): tls: the CAs contain no certificate`,
				`request 6 (id "e"): tls: caFile and caPem`, `request 7 (id "f"): tls.caFile`}},
	} {
		t.Run(name, func(t *testing.T) {
			var out, stderr bytes.Buffer
			code := run(context.Background(), strings.Fields(c.args), strings.NewReader(c.stdin), &out, &stderr)
			if code != exitUsage || out.Len() > 0 {
				t.Errorf("exit code %d, stdout %q", code, out.String())
			}
			lines := strings.Count(stderr.String(), "\n")
			if c.want != nil && lines != len(c.want) {
				t.Errorf("%d lines for %d errors", lines, len(c.want))
			}
			for _, want := range c.want {
				if strings.Count(stderr.String(), want) != 1 {
					t.Errorf("%q is not reported once", want)
				}
			}
			if t.Failed() {
				t.Log(stderr.String())
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, args := range []string{"help", "--help", "serve --help", "probe --bogus --help"} {
		var out bytes.Buffer
		code := run(context.Background(), strings.Fields(args), strings.NewReader(""), &out, io.Discard)
		if code != exitOK || !strings.HasPrefix(out.String(), "usage:") {
			t.Errorf("%s: exit code %d, stdout %q", args, code, out.String())
		}
	}
}
