/** Exposures: how services are reachable from outside the mesh. */
import { z } from "zod";
import { CLIENT_HEADERS } from "../client-headers";
import { operations } from "./calls";
import { exposurePaths } from "./paths";
import { cors } from "./cors";
import { path } from "./ports";
import { portNumber, reference, nonEmptyList, text } from "./text";
import { rate, timeout } from "./time";

export const hostLabel = text(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "one label of a host name",
    "Write one label in lower case, such as api; the stack's domain is appended.",
);

export const authentication = z.enum(["jwt", "signed", "none", "device"]);

export const scoped = z
    .strictObject({
        ...operations,
        // What RFC 6749 allows in a scope.
        scope: text(
            /^[\x21\x23-\x5b\x5d-\x7e]+$/,
            "an OAuth scope",
            "Write it without spaces, quotes or backslashes, such as alerts:write.",
        ).describe("The scope, as in the token's `scope` claim: `alerts:write`."),
    })
    .meta({ id: "Scoped", description: "Operations that require a scope in the token." });

/** A DNS name or a URI, with case-insensitive parts in lower case. */
const subjectAltName = text(
    /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+|[a-z][a-z0-9+.-]*:[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+)$/,
    "a subject alternative name: a DNS name or a URI",
    "Write it as in the certificate, such as camera-7.devices.example.com or urn:device:camera-7.",
);

export const clientCertificate = z
    .strictObject({
        authority: text(
            /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/,
            "a name of a certificate authority",
            "Write one label in lower case, such as devices. The stack's certificates.clients maps it to a CA.",
        ).describe(
            "The authority whose certificates are accepted. The stack's `certificates.clients` maps it to a CA.",
        ),
        subjectAltNames: nonEmptyList(subjectAltName, "the subject alternative names")
            .exactOptional()
            .describe(
                "Subject alternative names; a certificate must have one of them (exact match). Default: any certificate of the authority.",
            ),
    })
    .meta({
        id: "ClientCertificate",
        description: "The certificate that clients must present in the TLS handshake with the gateway.",
    });

export const exposure = z
    .strictObject({
        gateway: z
            .enum(["public", "admin", "internal"])
            .describe(
                "The gateway: `public` for tenants and devices, `admin` for the platform's staff, `internal` for clients in the same network but outside the mesh.",
            ),
        host: hostLabel.describe("The label under the stack's domain: `api` for `api.example.com`."),
        port: reference.describe("The name of a port of the service."),
        ...operations,
        authentication: authentication.describe(
            "How clients authenticate. `jwt`: a JWT of one of the stack's issuers, validated at the gateway. `signed`: a signature on each request, verified by the service. `none`: not at all, for log-in pages and key sets. `device`: credentials in the device's protocol, verified by the service; the gateway only terminates TLS.",
        ),
        clientCertificate: clientCertificate
            .exactOptional()
            .describe(
                "The certificate that clients must present, in addition to `authentication`. The gateway rejects the handshake without it. Services on HTTP and gRPC ports read the verified certificate from the first element of `x-forwarded-client-cert`. Default: no client certificate.",
            ),
        timeout: timeout.describe("The timeout of a client's request; `stream` for long-lived connections."),
        listen: portNumber
            .exactOptional()
            .describe(
                "The gateway's port that serves the host, over TLS. Required for TCP ports, not allowed for others.",
            ),
        withoutSni: z
            .boolean()
            .exactOptional()
            .describe(
                "Whether the gateway accepts clients without a server name (SNI) in their TLS handshake, such as old MQTT and RTSP devices. TCP only, and only if no other host of the gateway has the same `listen`. Default: false; their handshake fails.",
            ),
        scopes: z
            .array(scoped)
            .exactOptional()
            .describe("Operations that require a scope in the token. JWT only. Default: none."),
        tenantPaths: z
            .array(path)
            .exactOptional()
            .describe(
                "Paths with a tenant, at `{tenant}`, which must match the token's tenant. JWT and HTTP only. Default: none.",
            ),
        requiresTenant: z
            .boolean()
            .exactOptional()
            .describe(
                "Whether a token must name one tenant, as text: a token without the claim, or with a list or an object in it, is rejected. JWT only. Default: true at the public gateway, false elsewhere.",
            ),
        paths: exposurePaths
            .exactOptional()
            .describe(
                "Spellings of a path that clients can use. HTTP only. Default: canonical paths only; all others are rejected with 400.",
            ),
        clientHeaders: z
            .array(z.enum(CLIENT_HEADERS))
            .exactOptional()
            .describe(
                "Client headers to forward although web frameworks trust them, such as `x-http-method-override`. The service must not base access decisions on them. Default: none; the gateway removes all of them.",
            ),
        rateLimit: rate
            .exactOptional()
            .describe(
                "The rate limit of one replica of the gateway, for all clients together. HTTP and gRPC only. Default: no limit.",
            ),
        cors: z
            .union([z.boolean(), cors])
            .exactOptional()
            .describe(
                "Whether, and how, pages of the stack's `edge.corsOrigins` can call it. HTTP only. Default: false.",
            ),
    })
    .meta({
        id: "Exposure",
        description: "A port of a service that is reachable from outside the mesh under a separate host.",
    });
