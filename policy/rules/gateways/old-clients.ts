import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { at, fields, list, numberAt, text, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { isTrue } from "../../core/switches";

interface Nameless {
    readonly host: string;
    readonly port: number;
}

interface Config {
    readonly http10: boolean;
    readonly withoutSni: readonly Nameless[];
}

export const oldClients = objectRule<Config>({
    name: "gateways-old-clients",
    area: "gateways",
    title: "Clients that name no host reach none, unless a reviewer listed the one host of their port",
    severity: "high",
    why: "a default host answers requests that were meant for another, and a listener for any name takes handshakes past the certificates and policies of its hosts",
    remedy: "Remove the patch; where old devices need it, list the port and its one host under withoutSni, or set http10.",
    judges: ["networking.istio.io/EnvoyFilter", ...MESH_CONFIG_HOLDERS],
    defaults: { http10: false, withoutSni: [] },
    schema: {
        http10: {
            type: "boolean",
            description: "take HTTP/1.0 from clients that name a host; a default host is refused in any case",
        },
        withoutSni: {
            type: "array",
            description: "ports whose one host takes TLS handshakes without a server name",
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
        refused: `
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
        accepted: `
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
    *judge(subject, config) {
        if (subject.kind !== "EnvoyFilter") {
            if (!config.http10) yield* judgeVariables(subject);
            return;
        }
        for (const [index, patch] of list(subject.spec["configPatches"]).entries()) {
            const path = `spec.configPatches[${index}].patch.value`;
            for (const [key, value] of fieldsIn(at(patch, "patch", "value")))
                yield* judgeField(subject, { path, patch, key, value }, config);
        }
    },
});

function* judgeVariables(subject: Subject): Iterable<Finding> {
    for (const { path, name, value } of meshConfigsOf(subject).flatMap(({ variables }) => variables)) {
        if (name !== "PILOT_HTTP10" || value === undefined || !isTrue(value)) continue;
        yield {
            subject,
            wrong: `${path} is ${value}, so every proxy takes HTTP/1.0`,
            fix: "remove it, or set http10 of this policy to true.",
        };
    }
}

interface Place {
    readonly path: string;
    readonly patch: unknown;
    readonly key: string;
    readonly value: unknown;
}

function* judgeField(
    subject: Subject,
    { path, patch, key, value }: Place,
    { http10, withoutSni }: Config,
): Iterable<Finding> {
    if (key === "accept_http_10" && !http10 && text(value) === "true") {
        yield {
            subject,
            wrong: `${path} takes HTTP/1.0 (accept_http_10)`,
            fix: "remove it, or set http10 of this policy to true.",
        };
    }
    if (key === "default_host_for_http_10" && text(value) !== "") {
        yield {
            subject,
            wrong: `${path} sends requests without a host to ${text(value) ?? "?"} (default_host_for_http_10)`,
            fix: "remove it: such a request gets 400 then.",
        };
    }
    if (key !== "server_names" || !list(value).some((name) => text(name) === "")) return;
    const listener = at(patch, "match", "listener");
    const host = textAt(listener, "filterChain", "sni");
    const port = numberAt(listener, "portNumber");
    if (withoutSni.some((listed) => listed.host === host && listed.port === port)) return;
    yield {
        subject,
        wrong: `${path} takes TLS handshakes without a server name, and with any, for ${host ?? "every host"} at port ${port ?? "of any number"}`,
        fix: "remove the empty name, or list the host and its port under withoutSni of this policy.",
    };
}

/** Every field at any depth. Protobuf's JSON takes a field by its own name and by its JSON name. */
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
