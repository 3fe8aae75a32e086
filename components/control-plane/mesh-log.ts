import { MESH_LOG, TOKEN_HEADERS } from "../base/names";

/**
 * Logs a line of JSON for each request that a Telemetry resource selects, to the proxy's standard output: tenant,
 * caller, callee, result and trace. The path has no query, which may contain secrets.
 */
export const MESH_LOG_PROVIDER = {
    name: MESH_LOG,
    envoyFileAccessLog: {
        path: "/dev/stdout",
        logFormat: {
            labels: {
                time: "%START_TIME%",
                tenant: `%REQ(${TOKEN_HEADERS.tenant})%`,
                trace: "%TRACE_ID%",
                request: "%REQ(X-REQUEST-ID)%",
                workload: "%ENVIRONMENT(ISTIO_META_WORKLOAD_NAME)%",
                caller: "%DOWNSTREAM_PEER_URI_SAN%",
                cluster: "%UPSTREAM_CLUSTER_RAW%",
                upstream: "%UPSTREAM_HOST%",
                host: "%REQ(:AUTHORITY)%",
                method: "%REQ(:METHOD)%",
                path: "%PATH(NQ)%",
                status: "%RESPONSE_CODE%",
                grpc: "%GRPC_STATUS%",
                flags: "%RESPONSE_FLAGS%",
                details: "%RESPONSE_CODE_DETAILS%",
                ended: "%CONNECTION_TERMINATION_DETAILS%",
                milliseconds: "%DURATION%",
            },
        },
    },
} as const;
