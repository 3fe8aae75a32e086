import type { Service } from "../model";

/** Video, from the camera's stream to the player. */
export const video = {
    video: {
        domain: "video",
        summary: "Serves live and recorded video to players, as HLS.",
        tier: "critical",
        sampling: 1,
        rollout: { strategy: "blue-green", mirror: true, kpis: ["stream-start"] },
        concurrency: 1_000,
        // 100,000 concurrent viewers, and the same again to survive the loss of a zone.
        maxReplicas: 200,
        // Low-latency HLS: the server holds a request until the next part is available.
        latencyThreshold: "5s",
        // A replica caches the segments of the streams that it has served.
        loadBalancing: {
            policy: "consistent-hash",
            header: "x-stream-id",
            path: "/hls/{*}/{key}/{**}",
        },
        ports: {
            http: {
                protocol: "http",
                number: 8080,
                requests: [
                    "GET /hls/{**}",
                    "POST /v1/sessions",
                    "GET /v1/sessions/{*}",
                    "DELETE /v1/sessions/{*}",
                    "POST /internal/cache/purge",
                ],
            },
        },
        exposures: [
            {
                gateway: "public",
                host: "stream",
                port: "http",
                requests: ["GET /hls/{**}"],
                authentication: "jwt",
                // A player of low-latency HLS gets its response when the next part is available.
                timeout: "stream",
                tenantPaths: ["/hls/{tenant}/{**}"],
                cors: true,
            },
        ],
        calls: [
            { to: "auth", port: "grpc", methods: ["Check"], timeout: "3s", idempotent: true },
            {
                to: "recordings",
                port: "http",
                requests: ["GET /v1/recordings/{*}", "GET /v1/recordings/{*}/segments/{**}"],
                timeout: "2s",
                idempotent: true,
            },
            { to: "devices", port: "grpc", methods: ["Get"], timeout: "2s", idempotent: true },
        ],
        stores: ["redis"],
        external: ["cdn"],
    },

    "video-ingest": {
        domain: "video",
        summary: "Receives the streams of cameras, over RTSP or pushed over gRPC.",
        tier: "critical",
        concurrency: 500,
        maxReplicas: 100,
        ports: {
            rtsp: { protocol: "tcp", number: 8554, application: "rtsp" },
            grpc: {
                protocol: "grpc",
                number: 9090,
                service: "sparc.ingest.v1.Ingest",
                methods: ["Push", "Describe", "Drain"],
                streaming: ["Push"],
            },
        },
        exposures: [
            {
                gateway: "public",
                host: "ingest",
                port: "rtsp",
                // The registered port for RTSP over TLS.
                listen: 322,
                authentication: "device",
                timeout: "stream",
            },
            {
                gateway: "public",
                host: "ingest-api",
                port: "grpc",
                methods: ["Push"],
                authentication: "device",
                // A camera gets its certificate at the factory; the service identifies it by x-forwarded-client-cert.
                clientCertificate: { authority: "devices" },
                timeout: "stream",
            },
        ],
        calls: [
            {
                to: "devices",
                port: "grpc",
                methods: ["Authenticate"],
                timeout: "2s",
                idempotent: true,
                assertsTenant: true,
            },
            {
                to: "transcoder",
                port: "grpc",
                methods: ["Transcode"],
                timeout: "stream",
                idempotent: false,
                assertsTenant: true,
            },
            {
                to: "recordings",
                port: "grpc",
                methods: ["Open"],
                timeout: "2s",
                idempotent: false,
                assertsTenant: true,
            },
            {
                to: "recordings",
                port: "grpc",
                methods: ["Finalize"],
                timeout: "2s",
                idempotent: true,
                assertsTenant: true,
            },
        ],
    },

    transcoder: {
        domain: "video",
        summary: "Transcodes a camera's stream into the qualities that players request.",
        tier: "standard",
        maxReplicas: 400,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.transcoder.v1.Transcoder",
                methods: ["Transcode", "Probe", "Cancel"],
                streaming: ["Transcode"],
            },
        },
        calls: [
            // A segment carries its number, so adding it again overwrites it with the same data.
            {
                to: "recordings",
                port: "grpc",
                methods: ["AddSegment"],
                timeout: "2s",
                idempotent: true,
                assertsTenant: true,
            },
            {
                to: "thumbnails",
                port: "http",
                requests: ["PUT /v1/thumbnails/{*}"],
                timeout: "3s",
                idempotent: true,
                optional: true,
                assertsTenant: true,
            },
            {
                to: "detection",
                port: "grpc",
                methods: ["Detect"],
                timeout: "stream",
                idempotent: false,
                optional: true,
                assertsTenant: true,
            },
        ],
    },

    recordings: {
        domain: "video",
        summary: "Stores recorded video: its index in a database, its segments in object storage.",
        tier: "critical",
        rollout: { strategy: "progressive", port: "grpc" },
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.recordings.v1.Recordings",
                methods: ["Open", "AddSegment", "Finalize", "Get", "List", "Purge"],
            },
            http: {
                protocol: "http",
                number: 8080,
                tenantContext: "service",
                requests: [
                    "GET /v1/recordings",
                    "GET /v1/recordings/{*}",
                    "GET /v1/recordings/{*}/segments/{**}",
                    "DELETE /v1/recordings/{*}",
                    "POST /v1/recordings/{*}/exports",
                    "PUT /v1/recordings/{*}/legal-hold",
                ],
            },
        },
        calls: [
            {
                to: "audit",
                port: "grpc",
                methods: ["Record"],
                timeout: "500ms",
                idempotent: true,
                optional: true,
                assertsTenant: true,
            },
        ],
        stores: ["postgres"],
        external: ["aws", "backup"],
    },

    thumbnails: {
        domain: "video",
        summary: "Generates the thumbnails by which users find a recording.",
        tier: "background",
        storesTenantData: true,
        ports: {
            http: {
                protocol: "http",
                number: 8080,
                tenantContext: "service",
                requests: ["PUT /v1/thumbnails/{*}", "GET /v1/thumbnails/{*}", "DELETE /v1/thumbnails/{*}"],
            },
        },
        calls: [
            {
                to: "recordings",
                port: "http",
                requests: ["GET /v1/recordings/{*}/segments/{**}"],
                timeout: "2s",
                idempotent: true,
                assertsTenant: true,
            },
        ],
        stores: ["redis"],
        external: ["aws"],
    },
} satisfies Record<string, Service>;
