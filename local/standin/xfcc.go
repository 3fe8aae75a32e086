package main

import (
	"net/url"
	"strings"
)

const headerXFCC = "x-forwarded-client-cert"

// callerOf returns the URI of the direct caller from the sidecar's X-Forwarded-Client-Cert, or "".
func callerOf(headers map[string][]string) string {
	var values []string
	for name, vs := range headers {
		if strings.EqualFold(name, headerXFCC) {
			values = append(values, vs...)
		}
	}
	return xfccURI(strings.Join(values, ","))
}

// xfccURI returns the first URI of the last element of an X-Forwarded-Client-Cert value. Each proxy appends an element, so the
// last one is the direct caller; earlier elements are never used. Returns "" for a malformed value.
func xfccURI(value string) string {
	elements, ok := splitQuoted(value, ',')
	if !ok || len(elements) == 0 {
		return ""
	}
	pairs, ok := splitQuoted(elements[len(elements)-1], ';')
	if !ok {
		return ""
	}
	for _, pair := range pairs {
		key, v, found := strings.Cut(pair, "=")
		if found && strings.EqualFold(strings.TrimSpace(key), "uri") {
			return unquote(strings.TrimSpace(v))
		}
	}
	return ""
}

// splitQuoted splits at sep outside double quotes, in which \ escapes. It is not ok if a quote is not closed.
func splitQuoted(s string, sep byte) (parts []string, ok bool) {
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:]), !quoted
}

// unquote removes the quotes and escapes of a quoted value.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	var b strings.Builder
	inner := s[1 : len(s)-1]
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}

// callerService returns the service account in a caller's SPIFFE ID: "none" without a caller, "other" if the
// URI is not a SPIFFE ID of a service account.
func callerService(caller string) string {
	if caller == "" {
		return "none"
	}
	u, err := url.Parse(caller)
	if err != nil || u.Scheme != "spiffe" {
		return "other"
	}
	// /ns/<namespace>/sa/<service account>
	segments := strings.Split(u.Path, "/")
	if len(segments) != 5 || segments[1] != "ns" || segments[3] != "sa" || !labelValue.MatchString(segments[4]) {
		return "other"
	}
	return segments[4]
}
