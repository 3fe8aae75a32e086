/** Ports of services and stores. */
import { z } from "zod";
import { portPaths } from "./paths";
import { METHODS } from "../methods";
import { isNot, portNumber, prose, nonEmptyList, text } from "./text";

/** An HTTP method and a path. `{*}` in a path matches one segment; `/{**}` at its end matches the rest. */
export type Request = `${(typeof METHODS)[number]} /${string}`;

/** `checks/ports.ts` checks the syntax of paths, by `isPath` of `requests.ts`. */
export const request = text<Request>(
    new RegExp(`^(${METHODS.join("|")}) /\\S*$`),
    "an HTTP method and a path",
    `Write one of ${METHODS.join(", ")}, a space, and a path with a leading slash: GET /v1/items/{*}.`,
);

export const path = text<`/${string}`>(
    /^\/\S*$/,
    "a path",
    "Write the path with its leading slash and without spaces.",
);

export const grpcMethod = text(
    /^([a-z_]\w*(\.[a-z_]\w*)*\.[A-Z]\w*\/)?[A-Za-z]\w*$/,
    "a gRPC method name",
    "Write the method's name, such as GetItem, or for another service of the port grpc.health.v1.Health/Check.",
);

const tenantContext = z
    .enum(["forwarded", "service"])
    .exactOptional()
    .describe(
        "Which tenant context the port accepts. `forwarded`: `x-tenant`, `x-roles`, `x-plan` and `x-subject` must match the token in the request. `service`: calls with `assertsTenant` can also name a tenant without a token. Default: forwarded.",
    );

export const httpPort = z
    .strictObject({
        protocol: z.literal("http"),
        number: portNumber.describe("The port number."),
        requests: nonEmptyList(request, "the requests that the port offers").describe(
            "The requests that the port offers. Calls and exposures can list only these.",
        ),
        paths: portPaths
            .exactOptional()
            .describe(
                "Spellings of a path that the port accepts from callers in the mesh. Exposures have a separate `paths`. Default: canonical paths only.",
            ),
        tenantContext,
    })
    .meta({ id: "HttpPort", description: "HTTP/1.1 or HTTP/2 requests." });

export const grpcPort = z
    .strictObject({
        protocol: z.literal("grpc"),
        number: portNumber.describe("The port number."),
        service: text(
            /^[a-z_]\w*(\.[a-z_]\w*)*\.[A-Z]\w*$/,
            "a fully qualified gRPC service name",
            "Write it like example.v1.Name.",
        ).describe(
            "The fully qualified name of the protobuf service, such as `sparc.auth.v1.Auth`. Methods of other services on the port, and only those, have their service's name: `grpc.health.v1.Health/Check`.",
        ),
        methods: nonEmptyList(grpcMethod, "the methods that the service offers").describe(
            "The methods that the port offers. Calls and exposures can list only these.",
        ),
        streaming: z
            .array(grpcMethod)
            .exactOptional()
            .describe("The `methods` whose request or response is a stream. Default: none."),
        tenantContext,
    })
    .meta({ id: "GrpcPort", description: "gRPC over HTTP/2." });

export const webSocketPort = z
    .strictObject({
        protocol: z.literal("ws"),
        number: portNumber.describe("The port number."),
        path: path.describe("The path of the upgrade request."),
        tenantContext,
    })
    .meta({
        id: "WebSocketPort",
        description: "WebSocket: an HTTP port whose connections are upgraded and long-lived.",
    });

export const tcpPort = z
    .strictObject({
        protocol: z.literal("tcp"),
        number: portNumber.describe("The port number."),
        application: prose.describe("The application protocol, for information: `mqtt`, `rtsp`, `postgres`."),
    })
    .meta({ id: "TcpPort", description: "A protocol that the mesh forwards as bytes." });

export const port = z.discriminatedUnion("protocol", [httpPort, grpcPort, webSocketPort, tcpPort]);

/** Ports by name; at least one, because nothing could reach a workload without ports. */
export function ports<T extends z.ZodType>(of: T) {
    return z
        .record(z.string(), of)
        .refine((all) => Object.keys(all).length > 0, isNot("a list of ports", "Define at least one port."))
        .meta({ minProperties: 1 });
}
