import type { Duration } from "../../catalogue/model";
import { milliseconds } from "../../catalogue/durations";
import type { TelemetryManifest } from "../base/manifest";
import { MESH_LOG } from "../base/names";
import { IS_GRPC } from "./dimensions";

type AccessLogging = NonNullable<TelemetryManifest["spec"]["accessLogging"]>;

/** Envoy derives a gRPC status from the HTTP status for responses that are not gRPC. */
const GRPC_FAILED = `${IS_GRPC} && response.grpc_status > 0`;

const FAILED = `response.code >= 400 || response.flags > 0 || (${GRPC_FAILED})`;

/** Logs failed and slow requests at the callee's proxy, with caller and result. */
export function atCallee(latencyThreshold: Duration): AccessLogging[number] {
    // Measures until the response began: a stream, or a large file, is not slow because it is long. A request without
    // a response has no such time; the expression then only holds for a failure.
    const slow = `response.backend_latency > duration('${milliseconds(latencyThreshold) ?? 0}ms')`;
    return logged("SERVER", `${FAILED} || ${slow}`);
}

/** Logs at the caller's proxy only requests that never reached the callee; the callee's proxy logs the others. */
export function atCaller(): AccessLogging[number] {
    // A route of this name blocks hosts that the sidecar does not know, without a response flag.
    return logged("CLIENT", "response.flags > 0 || xds.route_name == 'block_all'");
}

/** A gateway has no latency threshold per service; the services' proxies log slow requests. */
export function atGateway(): AccessLogging[number] {
    return logged("CLIENT", FAILED);
}

function logged(mode: "CLIENT" | "SERVER", expression: string): AccessLogging[number] {
    return { match: { mode }, providers: [{ name: MESH_LOG }], filter: { expression } };
}
