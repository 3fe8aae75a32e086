import { EGRESS_LOG, EGRESS_TENANT } from "../base/names";

/**
 * A line of JSON for each external call, on the egress gateway's standard output: who asked for what, for which tenant and
 * in which trace, what became of it. Of a connection whose TLS is the caller's own there is neither tenant nor trace. Paths are left out, since those of outside parties hold account numbers and keys.
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
                // The name in the caller's mutual TLS, which is the external host's.
                host: "%REQUESTED_SERVER_NAME%",
                port: "%DOWNSTREAM_LOCAL_PORT%",
                upstream: "%UPSTREAM_HOST%",
                method: "%REQ(:METHOD)%",
                status: "%RESPONSE_CODE%",
                flags: "%RESPONSE_FLAGS%",
                // Of a connection that a policy refused: which.
                ended: "%CONNECTION_TERMINATION_DETAILS%",
                details: "%RESPONSE_CODE_DETAILS%",
                bytesOut: "%BYTES_RECEIVED%",
                bytesIn: "%BYTES_SENT%",
                milliseconds: "%DURATION%",
            },
        },
    },
} as const;
