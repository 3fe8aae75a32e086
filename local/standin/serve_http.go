package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	maxDelay     = 60 * time.Second
	maxSize      = 1 << 20
	maxBodyBytes = 1 << 20
)

// httpServer is a portServer of net/http.
type httpServer struct{ *http.Server }

// newHTTPServer serves h over HTTP/1.1 and, with h2c, over HTTP/2 without TLS.
func newHTTPServer(h http.Handler, h2c bool) httpServer {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(h2c)
	return httpServer{&http.Server{
		Handler:                      h,
		Protocols:                    protocols,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            10 * time.Second,
		ReadTimeout:                  maxDelay + 30*time.Second,
		WriteTimeout:                 maxDelay + 60*time.Second,
		IdleTimeout:                  5 * time.Minute,
		ErrorLog:                     log.New(io.Discard, "", 0),
	}}
}

func (s httpServer) serve(l net.Listener) error {
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s httpServer) stop(ctx context.Context) {
	if s.Shutdown(ctx) != nil {
		s.Close()
	}
}

// newHTTPPort serves any method and path.
func newHTTPPort(p port) portServer {
	return newHTTPServer(http.HandlerFunc(p.serveHTTP), true)
}

// httpsServer is an httpServer behind TLS.
type httpsServer struct{ httpServer }

func (s httpsServer) serve(l net.Listener) error {
	if err := s.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// newHTTPSPort is newHTTPPort over TLS, with the certificate in secure.
func newHTTPSPort(p port, secure *tls.Config) portServer {
	s := newHTTPServer(http.HandlerFunc(p.serveHTTP), false)
	s.Protocols.SetHTTP2(true)
	s.TLSConfig = secure.Clone()
	return httpsServer{s}
}

// tlsConfig reads a file with a certificate and its key; without a file it returns nil.
func tlsConfig(file string) (*tls.Config, error) {
	if file == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		return nil, fmt.Errorf("--tls: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}

// httpBehavior is the behavior that a request's query requests.
type httpBehavior struct {
	status int
	delay  time.Duration
	size   int
	// pod, if set, limits status and delay to one pod: a failing replica among healthy ones.
	pod string
	// failures, if not zero, limits status and delay to the first attempts; later attempts succeed.
	failures int
}

// appliesTo reports whether status and delay apply to the pod id and this attempt.
func (b httpBehavior) appliesTo(id identity, attempt int) bool {
	return (b.pod == "" || b.pod == id.Pod) && (b.failures == 0 || attempt <= b.failures)
}

func parseHTTPBehavior(query url.Values) (httpBehavior, error) {
	b := httpBehavior{status: http.StatusOK}
	var errs []error
	read := func(name string, set func(string) error) {
		if !query.Has(name) {
			return
		}
		if err := set(query.Get(name)); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	read("status", func(v string) (err error) {
		b.status, err = boundedInt(v, 200, 599)
		return err
	})
	read("delay", func(v string) (err error) {
		b.delay, err = boundedDuration(v, maxDelay)
		return err
	})
	read("pod", func(v string) error {
		b.pod = v
		return nil
	})
	read("failures", func(v string) (err error) {
		b.failures, err = boundedInt(v, 1, 10)
		return err
	})
	read("size", func(v string) (err error) {
		b.size, err = boundedInt(v, 0, maxSize)
		return err
	})
	return b, joinInline(errs)
}

func (p port) serveHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxBodyBytes))
	a := p.httpAnswer(r)
	b, err := parseHTTPBehavior(r.URL.Query())
	if err != nil {
		a.Error = err.Error()
		b = httpBehavior{status: http.StatusBadRequest}
	}
	if err == nil && !b.appliesTo(p.id, a.Attempt) {
		b.status, b.delay = http.StatusOK, 0
	}
	if !sleep(r.Context(), b.delay+p.delay) {
		return
	}
	if b.status == http.StatusOK {
		if a.Then, err = follow(r.Context(), r.RequestURI, r.Header); err != nil {
			a.Error, b.status = err.Error(), http.StatusBadGateway
			if errors.Is(err, errThenInvalid) {
				b.status = http.StatusBadRequest
			}
		}
	}
	if b.status == http.StatusOK {
		if p.errored.next() {
			b.status = http.StatusInternalServerError
		} else {
			p.metrics.figures.count()
		}
	}
	p.writeHTTP(w, r, b.status, b.size, a)
}

// httpAnswer describes r, with its host among the headers.
func (p port) httpAnswer(r *http.Request) answer {
	headers := r.Header.Clone()
	headers.Set("Host", r.Host)
	a := p.answer(r.Method, r.URL.EscapedPath(), headers)
	a.Peer = hostOnly(r.RemoteAddr)
	if r.TLS != nil {
		a.ServerName = r.TLS.ServerName
	}
	return a
}

// writeHTTP writes a as a body of at least size bytes, padded with white space.
func (p port) writeHTTP(w http.ResponseWriter, r *http.Request, status, size int, a answer) {
	body := append(encode(a), '\n')
	if missing := size - len(body); missing > 0 {
		body = append(body[:len(body)-1], bytes.Repeat([]byte{' '}, missing)...)
		body = append(body, '\n')
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set(headerService, p.id.Service)
	bodiless := status == http.StatusNoContent || status == http.StatusNotModified
	if bodiless || r.Method == http.MethodHead {
		h.Set(headerAnswer, a.headerValue())
	}
	if !bodiless {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	p.metrics.count(p.spec, a.Caller, strconv.Itoa(status))
	w.WriteHeader(status)
	if !bodiless {
		_, _ = w.Write(body)
	}
}

// sleep waits for d; false if ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
