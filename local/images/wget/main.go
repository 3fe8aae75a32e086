// Wget requests one URL. It supports only what the charts' probes and `mesh approve` need: the node's images contain no shell
// and no other client.
//
//	wget [--quiet] [--spider] [--tries=1] [--timeout=4] [--post-data=BODY] [-O -] URL
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const maxBody = 1 << 20

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "wget:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	method, body, url, timeout, spider := http.MethodGet, "", "", 10*time.Second, false
	for i := 0; i < len(args); i++ {
		name, value, _ := strings.Cut(args[i], "=")
		switch name {
		case "--quiet", "-q", "--tries":
		case "-O":
			i++ // The body always goes to standard output.
		case "--spider":
			spider = true
		case "--timeout":
			seconds, err := strconv.Atoi(value)
			if err != nil {
				return fmt.Errorf("--timeout: %q is not a number of seconds", value)
			}
			timeout = time.Duration(seconds) * time.Second
		case "--post-data":
			method, body = http.MethodPost, value
		default:
			if strings.HasPrefix(name, "-") {
				return fmt.Errorf("unsupported option %s", name)
			}
			url = args[i]
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if !spider {
		if _, err := io.Copy(stdout, io.LimitReader(response.Body, maxBody)); err != nil {
			return err
		}
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s returned %s", url, response.Status)
	}
	return nil
}
