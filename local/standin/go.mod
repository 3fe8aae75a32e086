module sparc.dev/mesh/standin

go 1.26.0

require (
	github.com/coder/websocket v1.8.15
	go.opentelemetry.io/proto/otlp v1.5.0
	golang.org/x/net v0.62.0
	google.golang.org/grpc v1.75.1
	google.golang.org/protobuf v1.36.6
)

require (
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20250707201910-8d1bb00bc6a7 // indirect
)
