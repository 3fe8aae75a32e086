package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const testCaller = "spiffe://cluster.local/ns/platform/sa/orders"

// running is a test's stand-in: its ports and how to stop it.
type running struct {
	*server
	log  *bytes.Buffer
	stop func() // what SIGTERM does; returns once the stand-in is gone
	term context.CancelFunc
	done chan error
}

// startServer starts a stand-in with a port for each protocol, on free ports.
func startServer(t *testing.T, drain time.Duration) *running {
	t.Helper()
	return startPorts(t, drain, portSpec{"http", protoHTTP, "", 0}, portSpec{"grpc", protoGRPC, "", 0},
		portSpec{"ws", protoWS, "", 0}, portSpec{"mqtt", protoTCP, "", 0})
}

func startPorts(t *testing.T, drain time.Duration, ports ...portSpec) *running {
	t.Helper()
	s, err := newServer(serveConfig{Service: "alerts", Version: "v1", Drain: drain, Ports: ports})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{server: s, log: &bytes.Buffer{}, term: cancel, done: make(chan error, 1)}
	go func() { r.done <- s.run(ctx, slog.New(slog.NewJSONHandler(r.log, nil))) }()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-r.done; err != nil {
			t.Errorf("run: %v", err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// address is the loopback address of a port.
func (r *running) address(name string) string {
	addr := r.healthL.Addr().String()
	if name != "health" {
		addr = r.addresses()[name]
	}
	_, port, _ := net.SplitHostPort(addr)
	return "127.0.0.1:" + port
}

func (r *running) health(t *testing.T, path string) (int, string) {
	t.Helper()
	resp, err := http.Get("http://" + r.address("health") + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// probe sends requests like the command, and returns the results by ID.
func probe(t *testing.T, requests ...map[string]any) map[string]result {
	t.Helper()
	in, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	if code := run(context.Background(), []string{"probe"}, bytes.NewReader(in), &out, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	results := map[string]result{}
	for line := range strings.Lines(out.String()) {
		var r result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		results[r.ID] = r
	}
	if len(results) != len(requests) {
		t.Fatalf("%d results of %d requests:\n%s", len(results), len(requests), out.String())
	}
	return results
}

// probeOne sends one request.
func probeOne(t *testing.T, request map[string]any) result {
	t.Helper()
	if request["id"] == nil {
		request["id"] = "one"
	}
	return probe(t, request)[request["id"].(string)]
}

func decodeAnswer(t *testing.T, raw []byte) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	return a
}

func statusOf(r result) string {
	if r.Status == nil {
		return "null"
	}
	return fmt.Sprint(*r.Status)
}

// fake accepts connections and passes each to serve; it closes the connection afterwards unless serve keeps it.
func fake(t *testing.T, serve func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn.(*net.TCPConn))
			}()
		}
	}()
	return l.Addr().String()
}

// readSome reads the peer's first data.
func readSome(conn net.Conn) {
	_, _ = conn.Read(make([]byte, 64<<10))
}

// reset closes a connection with an RST.
func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	conn.Close()
}

// hang keeps a connection open until the peer closes it.
func hang(conn net.Conn) {
	_, _ = io.Copy(io.Discard, conn)
}

// refusing is an address without a listener.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// certificate creates a self-signed certificate for name, and its PEM.
func certificate(t *testing.T, name string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(text)
}

// pairFile writes a certificate and its key to one file.
func pairFile(t *testing.T, pair tls.Certificate) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})...)
	file := filepath.Join(t.TempDir(), "pair.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// acceptKey is a WebSocket server's response to a client's key (RFC 6455, 4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
