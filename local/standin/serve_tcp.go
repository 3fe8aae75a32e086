package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	maxLine     = 4 << 10
	lineTimeout = 5 * time.Second
	// lingerTimeout is how long an answered connection waits for its peer to close it, so that data after the peer's line
	// does not cause a reset that drops the answer.
	lingerTimeout = time.Second
)

// delayWord starts the last word of a line that requests a delay of the answer, such as delay=3s.
const delayWord = " delay="

// tcpPort reads one line, writes one line and closes the connection.
type tcpPort struct {
	port
	mu       sync.Mutex
	listener net.Listener
	stopped  bool
	conns    map[net.Conn]bool
	open     sync.WaitGroup
}

func newTCPPort(p port) portServer {
	return &tcpPort{port: p, conns: map[net.Conn]bool{}}
}

func (p *tcpPort) serve(l net.Listener) error {
	p.mu.Lock()
	p.listener = l
	if p.stopped {
		l.Close()
	}
	p.mu.Unlock()
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			// Out of file descriptors, or the peer has already closed the connection.
			time.Sleep(50 * time.Millisecond)
			continue
		}
		if !p.track(conn) {
			conn.Close()
			continue
		}
		go func() {
			defer p.untrack(conn)
			p.handle(conn)
		}()
	}
}

func (p *tcpPort) track(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return false
	}
	p.conns[conn] = true
	p.open.Add(1)
	return true
}

func (p *tcpPort) untrack(conn net.Conn) {
	conn.Close()
	p.mu.Lock()
	delete(p.conns, conn)
	p.mu.Unlock()
	p.open.Done()
}

func (p *tcpPort) stop(ctx context.Context) {
	p.mu.Lock()
	p.stopped = true
	if p.listener != nil {
		p.listener.Close()
	}
	p.mu.Unlock()
	done := make(chan struct{})
	go func() {
		p.open.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
}

// handle serves one connection. A line that does not end in time is not answered; one that ends with the
// connection, or is longer than allowed, is answered as far as it was read.
func (p *tcpPort) handle(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(lineTimeout))
	line, err := bufio.NewReaderSize(conn, maxLine).ReadSlice('\n')
	if len(line) == 0 || err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		p.metrics.count(p.spec, "", "unanswered")
		return
	}
	received := strings.ToValidUTF8(strings.TrimRight(string(line), "\r\n"), "\uFFFD")
	a := tcpAnswer{p.id, p.spec.Name, protoTCP, received, hostOnly(conn.RemoteAddr().String())}
	p.metrics.count(p.spec, "", "answered")
	if delay := delayIn(received); delay > 0 {
		time.Sleep(delay)
		_ = conn.SetDeadline(time.Now().Add(lineTimeout))
	}
	if _, err := conn.Write(append(encode(a), '\n')); err != nil {
		return
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = conn.SetDeadline(time.Now().Add(lingerTimeout))
		_, _ = io.Copy(io.Discard, io.LimitReader(conn, maxBodyBytes))
	}
}

// delayIn is the delay that a line requests; 0 if it is invalid or exceeds maxDelay.
func delayIn(line string) time.Duration {
	_, word, _ := strings.Cut(line, delayWord)
	delay, err := boundedDuration(word, maxDelay)
	if err != nil {
		return 0
	}
	return delay
}
