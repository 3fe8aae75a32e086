package main

import (
	"context"
	"crypto/tls"
	"net"
)

// dial connects to r's address, with a PROXY protocol header and TLS if requested. Without a connection, the result has the reason.
func (p *prober) dial(ctx context.Context, r *request) (net.Conn, result) {
	d := net.Dialer{Resolver: p.resolver}
	conn, err := d.DialContext(ctx, "tcp", r.Address)
	if err != nil {
		return nil, fromError(err, phaseConnect)
	}
	if r.ProxyHeader != "" {
		if _, err := conn.Write([]byte(r.ProxyHeader + "\r\n")); err != nil {
			conn.Close()
			return nil, fromError(err, phaseHandshake)
		}
	}
	if r.tlsConfig == nil {
		return conn, result{}
	}
	secure := tls.Client(conn, r.tlsConfig)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fromError(err, phaseHandshake)
	}
	return secure, result{}
}
