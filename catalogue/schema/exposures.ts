/** Where services are reachable from outside the mesh. */
import { z } from "zod";
import { CLIENT_HEADERS } from "../client-headers";
import { operations } from "./calls";
import { exposurePaths } from "./paths";
import { cors } from "./cors";
import { path } from "./ports";
import { portNumber, reference, some, text } from "./text";
import { rate, timeout } from "./time";

export const hostLabel = text(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "one label of a host name",
    "Write the one label that stands before the stack's domain, in lower case.",
);

export const authentication = z.enum(["jwt", "signed", "none", "device"]);

export const scoped = z
    .strictObject({
        ...operations,
        // What RFC 6749 allows in a scope.
        scope: text(
            /^[\x21\x23-\x5b\x5d-\x7e]+$/,
            "an OAuth scope",
            "Write it without spaces, quotes and backslashes, such as alerts:write.",
        ).describe("The scope as it stands in the token's `scope` claim: `alerts:write`."),
    })
    .meta({ id: "Scoped", description: "Operations that only a token with a certain scope can use." });

/** A DNS name or a URI, in lower case where it has a case that does not count. */
const subjectAltName = text(
    /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+|[a-z][a-z0-9+.-]*:[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+)$/,
    "a subject alternative name: a DNS name or a URI",
    "Write it as it stands in the certificate, such as camera-7.devices.example.com or urn:device:camera-7.",
);

export const clientCertificate = z
    .strictObject({
        authority: text(
            /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/,
            "the name of an authority",
            "Write one label in lower case, such as devices; a stack says under certificates.clients which CA it is.",
        ).describe("Whose certificates count. The stack's `certificates.clients` says which CA that is."),
        sans: some(subjectAltName, "the names")
            .exactOptional()
            .describe(
                "Subject alternative names, one of which a certificate must have, compared as a whole. Default: any certificate of the authority.",
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
                "Which gateway: `public` for tenants and devices, `admin` for the platform's staff, `internal` for clients in the same network that are not in the mesh.",
            ),
        host: hostLabel.describe("The label under the stack's domain: `api` for `api.example.com`."),
        port: reference.describe("The name of a port of the service."),
        ...operations,
        authentication: authentication.describe(
            "How clients authenticate. `jwt`: a JWT of one of the stack's issuers, checked at the gateway. `signed`: each request carries a signature that the service itself checks. `none`: anyone, for log-in pages and key sets. `device`: credentials in the device's own protocol, which the service checks; the gateway only terminates TLS.",
        ),
        clientCertificate: clientCertificate
            .exactOptional()
            .describe(
                "The certificate that clients must present, in addition to `authentication`. The gateway refuses the handshake without it. Services on HTTP and gRPC ports read the verified certificate in the first element of `x-forwarded-client-cert`. Default: none is requested.",
            ),
        timeout: timeout.describe("How long a client waits; `stream` for long-lived connections."),
        listen: portNumber
            .exactOptional()
            .describe(
                "TCP only, and then required: the gateway's port on which the host is served, over TLS.",
            ),
        withoutSni: z
            .boolean()
            .exactOptional()
            .describe(
                "Whether clients that name no host in their TLS handshake (SNI) are accepted, such as old MQTT and RTSP devices. TCP only, and only where no other host of the gateway has the same `listen`. Default: false; their handshake fails.",
            ),
        scopes: z
            .array(scoped)
            .exactOptional()
            .describe("Operations that require a certain scope in the token. JWT only. Default: none."),
        tenantPaths: z
            .array(path)
            .exactOptional()
            .describe(
                "Paths that name a tenant, at `{tenant}`: it must be the token's own. JWT and HTTP only. Default: none.",
            ),
        requiresTenant: z
            .boolean()
            .exactOptional()
            .describe(
                "Whether a token must name one tenant, as text: a token without the claim, or with a list or an object in it, is refused. JWT only. Default: true at the public gateway, false elsewhere.",
            ),
        paths: exposurePaths
            .exactOptional()
            .describe(
                "Spellings of a path that clients can use. HTTP only. Default: canonical paths only; all others are refused with 400.",
            ),
        clientHeaders: z
            .array(z.enum(CLIENT_HEADERS))
            .exactOptional()
            .describe(
                "Headers of clients that reach the service although frameworks obey them, such as `x-http-method-override`. The service must not decide by them what only the mesh may decide. Default: none; the gateway removes all of them.",
            ),
        limit: rate
            .exactOptional()
            .describe(
                "The most that one replica of the gateway forwards, from all clients together. HTTP and gRPC only. Default: no limit.",
            ),
        cors: z
            .union([z.boolean(), cors])
            .exactOptional()
            .describe(
                "Whether pages of the stack's `edge.corsOrigins` can call it, and what they can do. HTTP only. Default: false.",
            ),
    })
    .meta({
        id: "Exposure",
        description: "A port of a service, reachable from outside the mesh under a host of its own.",
    });
