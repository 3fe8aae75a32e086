import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { at, fields, list, numberAt, text, textAt } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { isTrue } from "../../core/insecure-settings";

interface HostWithoutSni {
    readonly host: string;
    readonly port: number;
}

interface Config {
    readonly http10: boolean;
    readonly withoutSni: readonly HostWithoutSni[];
}

export const legacyClients = objectRule<Config>({
    name: "gateways-legacy-clients",
    area: "gateways",
    title: "Requests without a host, and TLS connections without SNI, are rejected, except on listed single-host ports",
    severity: "high",
    why: "a default host answers requests for other hosts, and a listener without server names bypasses the certificates and policies of its hosts",
    remediation:
        "Remove the patch. If old devices need it, list the port and its host under withoutSni, or set http10.",
    appliesTo: ["networking.istio.io/EnvoyFilter", ...MESH_CONFIG_HOLDERS],
    defaults: { http10: false, withoutSni: [] },
    schema: {
        http10: {
            type: "boolean",
            description: "accept HTTP/1.0 requests with a host; a default host is always a violation",
        },
        withoutSni: {
            type: "array",
            description: "ports with a single host that accept TLS handshakes without SNI",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host", "port"],
                properties: {
                    host: { type: "string" },
                    port: { type: "integer", minimum: 1, maximum: 65535 },
                },
            },
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: old, namespace: edge }
spec:
  configPatches:
    - applyTo: NETWORK_FILTER
      match: { context: GATEWAY, listener: { filterChain: { filter: { name: envoy.filters.network.http_connection_manager } } } }
      patch:
        operation: MERGE
        value:
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            http_protocol_options: { accept_http_10: true, default_host_for_http_10: www.example.com }
`,
        compliant: `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: names, namespace: edge }
spec:
  configPatches:
    - applyTo: FILTER_CHAIN
      match: { context: GATEWAY, listener: { portNumber: 8883, filterChain: { sni: mqtt.example.com } } }
      patch: { operation: MERGE, value: { filter_chain_match: { server_names: [mqtt2.example.com] } } }
`,
    },
    *evaluate(subject, config) {
        if (subject.kind !== "EnvoyFilter") {
            if (!config.http10) yield* evaluateVariables(subject);
            return;
        }
        for (const [index, patch] of list(subject.spec["configPatches"]).entries()) {
            const path = `spec.configPatches[${index}].patch.value`;
            for (const [key, value] of fieldsIn(at(patch, "patch", "value")))
                yield* evaluateField(subject, { path, patch, key, value }, config);
        }
    },
});

function* evaluateVariables(subject: Subject): Iterable<Violation> {
    for (const { path, name, value } of meshConfigsOf(subject).flatMap(({ variables }) => variables)) {
        if (name !== "PILOT_HTTP10" || value === undefined || !isTrue(value)) continue;
        yield {
            subject,
            problem: `${path} is ${value}, so every proxy accepts HTTP/1.0`,
            fix: "remove it, or set http10 of this policy to true.",
        };
    }
}

interface PatchField {
    readonly path: string;
    readonly patch: unknown;
    readonly key: string;
    readonly value: unknown;
}

function* evaluateField(
    subject: Subject,
    { path, patch, key, value }: PatchField,
    { http10, withoutSni }: Config,
): Iterable<Violation> {
    if (key === "accept_http_10" && !http10 && text(value) === "true") {
        yield {
            subject,
            problem: `${path} accepts HTTP/1.0 (accept_http_10)`,
            fix: "remove it, or set http10 of this policy to true.",
        };
    }
    if (key === "default_host_for_http_10" && text(value) !== "") {
        yield {
            subject,
            problem: `${path} sends requests without a host to ${text(value) ?? "?"} (default_host_for_http_10)`,
            fix: "remove it, so that such a request is rejected with 400.",
        };
    }
    if (key !== "server_names" || !list(value).some((name) => text(name) === "")) return;
    const listener = at(patch, "match", "listener");
    const host = textAt(listener, "filterChain", "sni");
    const port = numberAt(listener, "portNumber");
    if (withoutSni.some((listed) => listed.host === host && listed.port === port)) return;
    yield {
        subject,
        problem: `${path} accepts TLS handshakes without SNI, and with any SNI, for ${host ?? "every host"} on port ${port ?? "of any number"}`,
        fix: "remove the empty name, or list the host and its port under withoutSni of this policy.",
    };
}

/** Every field at any depth. Protobuf's JSON accepts a field by its .proto name and by its JSON name. */
function* fieldsIn(value: unknown): Iterable<[string, unknown]> {
    if (Array.isArray(value)) {
        for (const item of value) yield* fieldsIn(item);
        return;
    }
    for (const [key, inner] of Object.entries(fields(value))) {
        yield [key.replace(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`).replace(/_+/g, "_"), inner];
        yield* fieldsIn(inner);
    }
}
