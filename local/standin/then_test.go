package main

import (
	"strings"
	"testing"
	"time"
)

const testParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestStandInCallsOnInTheSameTrace(t *testing.T) {
	s := startServer(t, time.Millisecond)
	grpcNext := "grpc://" + s.address("grpc") + "/sparc.auth.v1.Auth/Check"
	httpNext := "http://" + s.address("http") + "/v1/last?status=202"
	for protocol, request := range map[string]map[string]any{
		protoHTTP: {"protocol": protoHTTP, "address": s.address("http"), "path": "/v1/first"},
		protoGRPC: {"protocol": protoGRPC, "address": s.address("grpc"), "method": "/sparc.auth.v1.Auth/First"},
	} {
		request["headers"] = map[string]string{headerThen: grpcNext + " " + httpNext, "traceparent": testParent,
			"x-request-id": "7", "x-tenant": "acme", "authorization": "Bearer secret"}
		res := probeOne(t, request)
		second := decodeAnswer(t, decodeAnswer(t, res.Answer).Then)
		third := decodeAnswer(t, second.Then)
		if second.Path != "/sparc.auth.v1.Auth/Check" || third.Path != "/v1/last" || third.Then != nil {
			t.Fatalf("%s: %s, %s", protocol, second.Path, third.Path)
		}
		for _, one := range []answer{second, third} {
			if one.Headers["traceparent"] != testParent || one.Headers["x-request-id"] != "7" || one.Headers["x-tenant"] != "acme" {
				t.Errorf("%s: headers %v", protocol, one.Headers)
			}
			if one.Headers["authorization"] != "redacted (13 bytes)" {
				t.Errorf("%s: propagated the token as %q", protocol, one.Headers["authorization"])
			}
		}
	}
}

func TestStandInHandsTheTokenToCalleesInTheClusterOnly(t *testing.T) {
	header := map[string][]string{"Authorization": {"Bearer a"}}
	for _, c := range []struct {
		target, then string
		headers      map[string][]string
		want         string
	}{
		{"/", "http://auth.sparc.svc.cluster.local:8080/", header, "Bearer a"},
		{"/?access_token=b", "grpc://auth.sparc.svc.cluster.local:9090/a.B/C", nil, "Bearer b"},
		{"/?access_token=b", "http://auth.sparc.svc.cluster.local:8080/", header, "Bearer a"},
		{"/", "http://auth.sparc.svc.cluster.local:8080/", nil, ""},
		{"/?access_token=b", "http://api.example.com:80/", header, ""},
		{"/", "http://svc.cluster.local.example.com:80/", header, ""},
		{"/", "http://203.0.113.7:80/", header, ""},
	} {
		headers := map[string][]string{headerThen: {c.then}}
		for name, values := range c.headers {
			headers[name] = values
		}
		next, err := nextCall(c.target, headers)
		if err != nil {
			t.Fatal(err)
		}
		if got := next.Headers["authorization"]; got != c.want {
			t.Errorf("%s then %s: %q, not %q", c.target, c.then, got, c.want)
		}
	}
}

func TestStandInTellsOfACallThatFailed(t *testing.T) {
	s := startServer(t, time.Millisecond)
	call := func(protocol, then string) result {
		request := map[string]any{"protocol": protocol, "address": s.address(protocol), "headers": map[string]string{headerThen: then}}
		if protocol == protoGRPC {
			request["method"] = "/sparc.auth.v1.Auth/First"
		}
		return probeOne(t, request)
	}
	dead := "http://" + refusing(t) + "/"
	for _, c := range []struct{ protocol, then, status, says string }{
		{protoHTTP, dead, "502", "refused"},
		{protoGRPC, dead, "14", "refused"},
		{protoHTTP, "ftp://x:1/", "400", "not a URL of http or grpc"},
		{protoGRPC, "grpc://x:1/nothing", "3", "is not /package.Service/Method"},
		{protoHTTP, "http://nowhere/", "400", "is not host:port"},
		{protoHTTP, strings.Repeat(dead+" ", maxThen+1), "400", "at most 8"},
	} {
		res := call(c.protocol, c.then)
		if a := decodeAnswer(t, res.Answer); statusOf(res) != c.status || !strings.Contains(a.Error, c.says) {
			t.Errorf("%s %.40s: status %s, %q", c.protocol, c.then, statusOf(res), a.Error)
		}
	}
}
