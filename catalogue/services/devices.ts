import type { Service } from "../model";

/** Cameras and sensors. */
export const devices = {
    devices: {
        domain: "devices",
        summary: "Stores every camera and sensor: its tenant, its credentials and its status.",
        tier: "critical",
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.devices.v1.Devices",
                methods: [
                    "Get",
                    "List",
                    "Authenticate",
                    "ReportStatus",
                    "Register",
                    "Update",
                    "Decommission",
                    "RotateCredentials",
                ],
            },
        },
        calls: [
            {
                to: "tenants",
                port: "grpc",
                methods: ["Get", "CheckQuota"],
                timeout: "1s",
                idempotent: true,
                // Deep in the call graph, where retries multiply; the callers above retry.
                retries: 0,
                assertsTenant: true,
            },
            {
                to: "settings",
                port: "grpc",
                methods: ["Get"],
                timeout: "500ms",
                idempotent: true,
                optional: true,
                assertsTenant: true,
            },
            {
                to: "audit",
                port: "grpc",
                methods: ["Record"],
                timeout: "500ms",
                idempotent: true,
                assertsTenant: true,
            },
        ],
        stores: ["postgres"],
    },

    "device-telemetry": {
        domain: "devices",
        summary: "Receives what devices report over MQTT: battery, temperature, tampering.",
        tier: "standard",
        // Connected devices, nearly all of them idle.
        concurrency: 5_000,
        maxReplicas: 40,
        ports: { mqtt: { protocol: "tcp", number: 1883, application: "mqtt" } },
        exposures: [
            {
                gateway: "public",
                host: "mqtt",
                port: "mqtt",
                // The registered port for MQTT over TLS.
                listen: 8883,
                authentication: "device",
                timeout: "stream",
            },
        ],
        calls: [
            // A status carries a timestamp, and the latest wins.
            {
                to: "devices",
                port: "grpc",
                methods: ["Authenticate", "ReportStatus"],
                timeout: "2s",
                idempotent: true,
                assertsTenant: true,
            },
        ],
        stores: ["kafka"],
    },
} satisfies Record<string, Service>;
