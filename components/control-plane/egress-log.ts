import { EGRESS_LOG, EGRESS_TENANT } from "../base/names";

/**
 * Logs a line of JSON for each external request to the egress gateway's standard output: caller, host, tenant, trace
 * and result. A connection with the caller's TLS has neither tenant nor trace. Paths are omitted, because those of
 * external services contain account numbers and keys.
 */
export const EGRESS_LOG_PROVIDER = {
    name: EGRESS_LOG,
    envoyFileAccessLog: {
        path: "/dev/stdout",
        logFormat: {
            labels: {
                time: "%START_TIME%",
                tenant: `%DYNAMIC_METADATA(${EGRESS_TENANT.namespace}:${EGRESS_TENANT.key})%`,
                trace: "%TRACE_ID%",
                caller: "%DOWNSTREAM_PEER_URI_SAN%",
                // The SNI of the caller's mutual TLS, which is the external host.
                host: "%REQUESTED_SERVER_NAME%",
                port: "%DOWNSTREAM_LOCAL_PORT%",
                upstream: "%UPSTREAM_HOST%",
                method: "%REQ(:METHOD)%",
                status: "%RESPONSE_CODE%",
                flags: "%RESPONSE_FLAGS%",
                // For a connection that was denied: the policy.
                ended: "%CONNECTION_TERMINATION_DETAILS%",
                details: "%RESPONSE_CODE_DETAILS%",
                bytesOut: "%BYTES_RECEIVED%",
                bytesIn: "%BYTES_SENT%",
                milliseconds: "%DURATION%",
            },
        },
    },
} as const;
