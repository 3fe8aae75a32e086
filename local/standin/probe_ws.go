package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// probeWS opens a WebSocket and reads its first message.
func probeWS(ctx context.Context, conn net.Conn, r *request) result {
	header := http.Header{"User-Agent": {userAgent}}
	for name, value := range r.Headers {
		header.Set(name, value)
	}
	up := &upgrade{wire: newWire(conn)}
	ws, _, err := websocket.Dial(ctx, r.scheme()+"://"+r.authority()+r.Path, &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport:     up,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		HTTPHeader:      header,
		CompressionMode: websocket.CompressionDisabled,
	})
	switch {
	case up.res != nil:
		return *up.res
	case err != nil && up.head != nil:
		return result{Outcome: outcomeHTTP, Status: &up.head.StatusCode,
			Detail: "the handshake is not valid: " + err.Error() + "; " + detail(nil, up.head.Header)}
	case err != nil:
		return result{Outcome: outcomeOther, Detail: err.Error()}
	}
	defer ws.CloseNow()
	ws.SetReadLimit(maxResponse)
	_, first, err := ws.Read(ctx)
	status := http.StatusSwitchingProtocols
	if err != nil {
		res := up.firstMessageFailed(ctx, err)
		res.Status = &status
		return res
	}
	if a := parseAnswer(first); a != nil {
		_ = ws.Close(websocket.StatusNormalClosure, "")
		return result{Outcome: outcomeAnswered, Status: &status, Answer: a, Detail: detail(nil, up.head.Header)}
	}
	return result{Outcome: outcomeHTTP, Status: &status, Detail: detail(first, up.head.Header)}
}

// upgrade is the transport of one handshake, on an existing connection. It classifies a response that does not switch
// protocols like any other HTTP response.
type upgrade struct {
	wire *wire
	head *http.Response
	res  *result
}

var errNoUpgrade = errors.New("no WebSocket")

func (u *upgrade) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, res := u.wire.exchange(req)
	if res == nil && resp.StatusCode != http.StatusSwitchingProtocols {
		classified := u.wire.classify(resp)
		res = &classified
	}
	if res != nil {
		u.res = res
		return nil, errNoUpgrade
	}
	u.head = resp
	resp.Body = struct {
		io.ReadWriter
		io.Closer
	}{u.wire, u.wire.Conn}
	return resp, nil
}

func (u *upgrade) firstMessageFailed(ctx context.Context, err error) result {
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		return result{Outcome: outcomeReset, unavailable: true,
			Detail: "closed after the handshake, before any message: " + closed.Error()}
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	res := fromError(err, phaseAnswer)
	res.Detail = "after the handshake, " + res.Detail
	return res
}
