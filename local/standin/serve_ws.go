package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

const maxMessage = 1 << 20

// wsPort upgrades any path to a WebSocket, sends the answer, and then echoes. As for HTTP, the query can request a status
// instead of the handshake, or a delay before it.
type wsPort struct {
	port
	http httpServer

	ctx    context.Context
	cancel context.CancelFunc
	open   sync.WaitGroup
}

func newWSPort(p port) portServer {
	w := &wsPort{port: p}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.http = newHTTPServer(w, false)
	return w
}

func (p *wsPort) serve(l net.Listener) error { return p.http.serve(l) }

// stop closes all connections, which would otherwise stay open.
func (p *wsPort) stop(ctx context.Context) {
	p.http.stop(ctx)
	p.cancel()
	done := make(chan struct{})
	go func() {
		p.open.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func (p *wsPort) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.open.Add(1)
	defer p.open.Done()
	a := p.httpAnswer(r)
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		a.Error = "expected a WebSocket handshake"
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		p.writeHTTP(w, r, http.StatusUpgradeRequired, 0, a)
		return
	}
	b, err := parseHTTPBehavior(r.URL.Query())
	if err != nil {
		a.Error = err.Error()
		p.writeHTTP(w, r, http.StatusBadRequest, 0, a)
		return
	}
	if b.appliesTo(p.id, a.Attempt) {
		if !sleep(r.Context(), b.delay) {
			return
		}
		if b.status != http.StatusOK {
			p.writeHTTP(w, r, b.status, b.size, a)
			return
		}
	}
	w.Header().Set(headerService, p.id.Service)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		// The mesh decides who may connect.
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		p.metrics.count(p.spec, a.Caller, "400")
		return
	}
	p.metrics.count(p.spec, a.Caller, "101")
	p.echo(conn, a)
}

// echo serves one connection until its peer or the stand-in closes it. Reading answers pings.
func (p *wsPort) echo(conn *websocket.Conn, a answer) {
	defer conn.CloseNow()
	bye := context.AfterFunc(p.ctx, func() { conn.Close(websocket.StatusGoingAway, "stand-in is stopping") })
	defer bye()
	conn.SetReadLimit(maxMessage)
	ctx := context.Background()
	if conn.Write(ctx, websocket.MessageText, encode(a)) != nil {
		return
	}
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil || conn.Write(ctx, kind, data) != nil {
			return
		}
	}
}
