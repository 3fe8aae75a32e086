package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestAnswerIsBounded(t *testing.T) {
	headers := map[string][]string{"X-Long": {strings.Repeat("é", maxAnswerValue)}}
	for i := range 2 * maxAnswerHeaders {
		headers[fmt.Sprintf("A-%d", i)] = []string{"1", "2"}
	}
	a := port{}.answer("GET", "/"+strings.Repeat("x", 2*maxAnswerPath), headers)
	if len(a.Headers) != maxAnswerHeaders || len(a.Path) != maxAnswerPath || a.Headers["a-1"] != "1, 2" {
		t.Errorf("%d headers, a path of %d bytes, %q", len(a.Headers), len(a.Path), a.Headers["a-1"])
	}
	delete(headers, "A-1")
	if long := shownHeaders(map[string][]string{"X-Long": headers["X-Long"]})["x-long"]; len(long) > maxAnswerValue {
		t.Errorf("a value of %d bytes", len(long))
	}
}

func TestASCIIJSON(t *testing.T) {
	in := map[string]string{"a": "é \u007f 😀 \n <\u2028>"}
	got := asciiJSON(encode(in))
	var out map[string]string
	if err := json.Unmarshal([]byte(got), &out); err != nil || out["a"] != in["a"] || !printable(got) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestParseAnswer(t *testing.T) {
	full := string(encode(tcpAnswer{identity{"a", "v1", "p"}, "mqtt", "tcp", "", "10.0.0.1"}))
	for in, want := range map[string]bool{
		full: true, " " + full + " \n": true, full + "x": false, "": false, "[]": false, "null": false, "{}": false,
		strings.Replace(full, `"pod"`, `"xyz"`, 1): false, strings.Replace(full, `"v1"`, `1`, 1): false,
		strings.Replace(full, `"v1"`, `""`, 1): false,
	} {
		if got := parseAnswer([]byte(in)) != nil; got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}
