import type { Duration } from "../../catalogue/model";
import { milliseconds } from "../../catalogue/durations";
import type { TelemetryManifest } from "../base/manifest";
import { MESH_LOG } from "../base/names";
import { IS_GRPC } from "./dimensions";

type AccessLogging = NonNullable<TelemetryManifest["spec"]["accessLogging"]>;

/** Envoy gives every answer a gRPC status, made up from the HTTP status where it is none of gRPC. */
const GRPC_FAILED = `${IS_GRPC} && response.grpc_status > 0`;

const FAILED = `response.code >= 400 || response.flags > 0 || (${GRPC_FAILED})`;

/** What a request came to, who made it and where: written where it is answered. */
export function atCallee(slowAfter: Duration): AccessLogging[number] {
    // By when the answer began: a stream, or a large file, is not slow for being long. Of an answer that nobody gave
    // there is no such time, and the expression is then true for a failure alone.
    const slow = `response.backend_latency > duration('${milliseconds(slowAfter) ?? 0}ms')`;
    return logged("SERVER", `${FAILED} || ${slow}`);
}

/** Where a request is made only what never came to be answered is written; the callee's proxy writes the rest. */
export function atCaller(): AccessLogging[number] {
    // A host that the sidecar does not know is answered by a route of this name, as if all were well.
    return logged("CLIENT", "response.flags > 0 || xds.route_name == 'block_all'");
}

/** A gateway does not know after how long each service is slow, which is written at the service. */
export function atGateway(): AccessLogging[number] {
    return logged("CLIENT", FAILED);
}

function logged(mode: "CLIENT" | "SERVER", expression: string): AccessLogging[number] {
    return { match: { mode }, providers: [{ name: MESH_LOG }], filter: { expression } };
}
