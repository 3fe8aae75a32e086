package main

import "testing"

func TestXFCC(t *testing.T) {
	const a, b = "spiffe://cluster.local/ns/a/sa/a", "spiffe://cluster.local/ns/b/sa/b"
	for name, c := range map[string]struct{ value, want string }{
		"absent":                        {"", ""},
		"as Istio sends it":             {`By=spiffe://x/ns/y/sa/y;Hash=0a1b;Subject="";URI=` + a, a},
		"the nearest of two":            {"By=x;URI=" + a + ",By=y;URI=" + b, b},
		"white space":                   {"By=x;URI=" + a + ", By=y; URI=" + b, b},
		"any case":                      {"by=x;uri=" + a, a},
		"first of several":              {"URI=" + a + ";URI=" + b, a},
		"nearest without a URI":         {"URI=" + a + ";By=x,By=y;Hash=z", ""},
		"separators in quotes":          {`Subject="O=x,CN=y;URI=` + b + `";URI=` + a, a},
		"escaped quote":                 {`Subject="a\",URI=` + b + `";URI=` + a, a},
		"quoted":                        {`URI="spiffe://td/ns/a,b/sa/\"c\""`, `spiffe://td/ns/a,b/sa/"c"`},
		"equals sign in the value":      {"URI=spiffe://td/a=b", "spiffe://td/a=b"},
		"the quote never ends":          {`URI=` + a + `;Subject="x`, ""},
		"an earlier quote never ends":   {`Subject="x,URI=` + a, ""},
		"empty last element":            {"URI=" + a + ",", ""},
		"a key that only ends with URI": {"MYURI=" + a, ""},
	} {
		if got := xfccURI(c.value); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	headers := map[string][]string{"X-Forwarded-Client-Cert": {"URI=" + a, "URI=" + b}}
	if got := callerOf(headers); got != b {
		t.Errorf("two header lines: got %q", got)
	}
}

func TestCallerService(t *testing.T) {
	for uri, want := range map[string]string{
		"":                                "none",
		testCaller:                        "orders",
		"spiffe://td/ns/a/sa/b/c":         "other",
		"spiffe://td/workload/x":          "other",
		"https://td/ns/a/sa/b":            "other",
		"spiffe://td/ns/a/sa/x%22%7D%0Ay": "other",
	} {
		if got := callerService(uri); got != want {
			t.Errorf("%q: got %q, want %q", uri, got, want)
		}
	}
}
