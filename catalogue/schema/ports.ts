/** What a service or a store listens on. */
import { z } from "zod";
import { portPaths } from "./paths";
import { METHODS } from "../methods";
import { isNot, portNumber, prose, some, text } from "./text";

/** An HTTP request line without its version: method and path. A path may hold `{*}` for one segment and end in `/{**}`. */
export type Request = `${(typeof METHODS)[number]} /${string}`;

/** The grammar of paths is checked by `checks/ports.ts`, with `isPath` of `requests.ts`. */
export const request = text<Request>(
    new RegExp(`^(${METHODS.join("|")}) /\\S*$`),
    "an HTTP method and a path",
    `Write one of ${METHODS.join(", ")}, a space, and a path that begins with a slash: GET /v1/items/{*}.`,
);

export const path = text<`/${string}`>(
    /^\/\S*$/,
    "a path",
    "Write the path from its slash on, without spaces.",
);

export const grpcMethod = text(
    /^[A-Za-z]\w*$/,
    "the name of a gRPC method",
    "Write the method's name alone, such as GetItem.",
);

const tenantContext = z
    .enum(["forwarded", "service"])
    .exactOptional()
    .describe(
        "Whose word on the tenant the port takes. `forwarded`: `x-tenant`, `x-roles`, `x-plan` and `x-subject` must be what the token in the request says. `service`: calls with `assertsTenant` may also name a tenant without a token. Default: forwarded.",
    );

export const httpPort = z
    .strictObject({
        protocol: z.literal("http"),
        number: portNumber.describe("The number of the port."),
        requests: some(request, "the requests that the port answers").describe(
            "The requests that the port answers. A call or an exposure can name no other.",
        ),
        paths: portPaths
            .exactOptional()
            .describe(
                "Spellings of a path that the port accepts from callers inside. An exposure has its own `paths`. Default: canonical paths only.",
            ),
        tenantContext,
    })
    .meta({ id: "HttpPort", description: "HTTP/1.1 or HTTP/2 requests." });

export const grpcPort = z
    .strictObject({
        protocol: z.literal("grpc"),
        number: portNumber.describe("The number of the port."),
        service: text(
            /^[a-z_]\w*(\.[a-z_]\w*)*\.[A-Z]\w*$/,
            "the full name of a gRPC service",
            "Write it like example.v1.Name.",
        ).describe("The full name of the protobuf service, such as `sparc.auth.v1.Auth`."),
        methods: some(grpcMethod, "the methods that the service has").describe(
            "The methods of the service. A call or an exposure can name no other.",
        ),
        streaming: z
            .array(grpcMethod)
            .exactOptional()
            .describe("Those of `methods` whose request or response is a stream. Default: none."),
        tenantContext,
    })
    .meta({ id: "GrpcPort", description: "gRPC over HTTP/2." });

export const webSocketPort = z
    .strictObject({
        protocol: z.literal("ws"),
        number: portNumber.describe("The number of the port."),
        path: path.describe("The path at which a client requests the upgrade."),
        tenantContext,
    })
    .meta({
        id: "WebSocketPort",
        description: "WebSocket: an HTTP port whose connections are upgraded and long-lived.",
    });

export const tcpPort = z
    .strictObject({
        protocol: z.literal("tcp"),
        number: portNumber.describe("The number of the port."),
        application: prose.describe("The application protocol, for people: `mqtt`, `rtsp`, `postgres`."),
    })
    .meta({ id: "TcpPort", description: "A protocol that the mesh carries without reading it." });

export const port = z.discriminatedUnion("protocol", [httpPort, grpcPort, webSocketPort, tcpPort]);

/** By name; at least one: what has no port cannot be reached, and no policy would name it. */
export function ports<T extends z.ZodType>(of: T) {
    return z
        .record(z.string(), of)
        .refine((all) => Object.keys(all).length > 0, isNot("filled", "Give it the port that it listens on."))
        .meta({ minProperties: 1 });
}
