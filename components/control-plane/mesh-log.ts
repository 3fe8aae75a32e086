import { MESH_LOG, TOKEN_HEADERS } from "../base/names";

/**
 * A line of JSON for a request that a Telemetry object picks, on its proxy's standard output: whose it was, who asked
 * whom, what became of it, and in which trace to look. A path is without its query, in which secrets may stand.
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
