/** Egress, EnvoyFilters, telemetry, and exposed Services. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { kindOf, meta, type Mutation, removed } from "../model";
import { drop, everywhere, put } from "./edit";

/**
 * In `sparc` every service also has a Sidecar, so the pack does not require the namespace's. In `flagger-system` charts render
 * all pods, which the pack does not see.
 */
function hasOneForAll(namespace: string, name: string): boolean {
    return (
        ["sparc", "flagger-system"].includes(namespace) || (namespace === "monitoring" && name !== "default")
    );
}

/** A Lua script has all capabilities of the proxy. */
const SCRIPT = {
    applyTo: "HTTP_FILTER",
    patch: {
        operation: "INSERT_BEFORE",
        value: {
            name: "lua",
            typed_config: {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                inlineCode: "",
            },
        },
    },
};

export function ofEgress(resource: EvaluatedResource): Mutation[] {
    const { namespace } = meta(resource);
    switch (kindOf(resource)) {
        case "ServiceEntry":
            return [
                ...everywhere("exportTo dropped", resource, "spec", drop("exportTo")),
                ...everywhere("exportTo everywhere", resource, "spec", put("exportTo", ["*"])),
                ...everywhere("ServiceEntry: a wildcard", resource, "spec", put("hosts", ["*.com"])),
                ...everywhere("ServiceEntry: any host", resource, "spec", put("hosts", ["*"])),
                ...everywhere(
                    "ServiceEntry: plain TCP",
                    resource,
                    "spec.ports.*",
                    (port) => port["protocol"] === "TLS" && put("protocol", "TCP")(port),
                ),
                ...everywhere(
                    "ServiceEntry: plain HTTP",
                    resource,
                    "spec.ports.*",
                    (port) => port["protocol"] === "TLS" && put("protocol", "HTTP")(port),
                ),
            ];
        case "Sidecar":
            return [
                ...everywhere("Sidecar: knows everything", resource, "spec.egress.*", put("hosts", ["*/*"])),
                ...everywhere(
                    "Sidecar: the whole namespace",
                    resource,
                    "spec.egress.*",
                    put("hosts", ["./*"]),
                ),
                ...everywhere("Sidecar: egress dropped", resource, "spec", drop("egress")),
                ...everywhere(
                    "Sidecar: ALLOW_ANY",
                    resource,
                    "spec",
                    put("outboundTrafficPolicy", { mode: "ALLOW_ANY" }),
                ),
                // A namespace-wide Sidecar makes a service's Sidecar optional.
                ...(hasOneForAll(namespace, meta(resource).name)
                    ? []
                    : [removed("Sidecar of a namespace or limiter removed", resource, [`${namespace}/`])]),
            ];
        case "EnvoyFilter":
            return [
                ...everywhere("EnvoyFilter with an additional script", resource, "spec", (spec) => {
                    spec["configPatches"] = [...(spec["configPatches"] as unknown[]), SCRIPT];
                    return true;
                }),
                ...everywhere("EnvoyFilter that removes a filter", resource, "spec", (spec) => {
                    spec["configPatches"] = [{ applyTo: "HTTP_FILTER", patch: { operation: "REMOVE" } }];
                    return true;
                }),
                ...everywhere("EnvoyFilter under another name", resource, "metadata", put("name", "mine"), [
                    `${namespace}/EnvoyFilter/mine`,
                ]),
                ...everywhere(
                    "EnvoyFilter changed after its review",
                    resource,
                    "spec",
                    (spec) =>
                        ["client-headers", "public-tenant-paths"].includes(meta(resource).name) &&
                        put("priority", 99)(spec),
                ),
            ];
        case "Telemetry":
            return [
                ...everywhere(
                    "access log turned off",
                    resource,
                    "spec.accessLogging.*",
                    put("disabled", true),
                ),
                ...everywhere(
                    "access log without errors",
                    resource,
                    "spec.accessLogging.*",
                    put("filter", { expression: "response.code < 400" }),
                ),
                ...everywhere(
                    "metrics turned off",
                    resource,
                    "spec",
                    put("metrics", [{ overrides: [{ disabled: true }] }]),
                ),
            ];
        case "Service":
            return [
                ...everywhere(
                    "a Service of the mesh as LoadBalancer",
                    resource,
                    "spec",
                    put("type", "LoadBalancer"),
                ),
                ...everywhere("a Service of the mesh as NodePort", resource, "spec", put("type", "NodePort")),
                ...everywhere(
                    "a Service of the mesh with an external address",
                    resource,
                    "spec",
                    put("externalIPs", ["203.0.113.9"]),
                ),
            ];
        default:
            return [];
    }
}
