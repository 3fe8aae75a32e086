/** Harmless everyday changes. */
import { type EvaluatedResource } from "../../../cli/policy/protocol";
import { changed, kindOf, meta, type Mutation, nodes, type Props, removed } from "./model";

/** The unchanged stack. */
export const untouched: Mutation = { kind: "nothing", target: "", names: [], replace: new Map() };

export function harmlessChanges(stack: readonly EvaluatedResource[]): readonly Mutation[] {
    return stack.flatMap((resource, index) => [
        ...labelled(resource, index),
        ...closing(resource),
        ...tuning(resource),
        ...versions(resource),
    ]);
}

function labelled(resource: EvaluatedResource, index: number): Mutation[] {
    // The profile open also lists the whole content of EnvoyFilters, with labels (ADR 42).
    if (index % 4 !== 0 || ["", "EnvoyFilter"].includes(kindOf(resource))) return [];
    return [
        changed("a label of the team", resource, (properties) => {
            for (const metadata of nodes(properties, "metadata")) {
                metadata["labels"] = { ...(metadata["labels"] as object | undefined), team: "video" };
            }
        }),
        changed("an annotation", resource, (properties) => {
            for (const metadata of nodes(properties, "metadata")) {
                metadata["annotations"] = {
                    ...(metadata["annotations"] as object | undefined),
                    "example.com/owner": "x",
                };
            }
        }),
    ];
}

/** Removing access is never an opening. */
function closing(resource: EvaluatedResource): Mutation[] {
    const { name } = meta(resource);
    switch (kindOf(resource)) {
        case "AuthorizationPolicy":
            return name === "deny-all" || name.startsWith("istio-")
                ? []
                : [
                      removed("an ALLOW removed", resource, []),
                      changed("a narrower ALLOW", resource, (properties) => {
                          const spec = properties["spec"] as Props;
                          spec["rules"] = (spec["rules"] as unknown[]).slice(0, 1);
                      }),
                  ];
        case "NetworkPolicy":
            return name === "deny-all" ? [] : [removed("a NetworkPolicy's rule removed", resource, [])];
        case "PeerAuthentication":
            return meta(resource).namespace === "istio-system"
                ? []
                : [
                      changed("plaintext no longer accepted", resource, (properties) => {
                          properties["spec"] = { mtls: { mode: "STRICT" } };
                      }),
                  ];
        default:
            return [];
    }
}

function tuning(resource: EvaluatedResource): Mutation[] {
    const edits: Mutation[] = [];
    const each = (kind: string, path: string, edit: (node: Props) => boolean): void => {
        if (!nodes(resource.properties, path).some((node) => edit(structuredClone(node)))) return;
        edits.push(
            changed(kind, resource, (properties) => {
                nodes(properties, path).forEach((node) => void edit(node));
            }),
        );
    };
    const put =
        (field: string, value: unknown) =>
        (node: Props): boolean => {
            if (!(field in node)) return false;
            node[field] = value;
            return true;
        };
    switch (kindOf(resource)) {
        case "VirtualService":
            each("a shorter timeout", "spec.http.*", put("timeout", "400ms"));
            each("no retries", "spec.http.*", put("retries", { attempts: 0 }));
            each("an additional header", "spec.http.*", (route) => {
                route["headers"] = { request: { set: { "x-a": "b" } } };
                return true;
            });
            break;
        case "DestinationRule":
            each("a smaller pool", "spec.trafficPolicy.connectionPool.tcp", put("maxConnections", 10));
            each("another balancing", "spec.trafficPolicy", put("loadBalancer", { simple: "RANDOM" }));
            each("mutual TLS stated explicitly", "spec.trafficPolicy", (policy) => {
                if (!String((resource.properties["spec"] as Props)["host"]).endsWith(".cluster.local"))
                    return false;
                policy["tls"] = { mode: "ISTIO_MUTUAL" };
                return true;
            });
            break;
        case "Gateway":
            each("TLS 1.3 alone", "spec.servers.*.tls", put("minProtocolVersion", "TLSV1_3"));
            each("the certificate under another name", "spec.servers.*.tls", put("credentialName", "other"));
            break;
        case "Sidecar":
            each("one host fewer", "spec.egress.*", put("hosts", ["~/*"]));
            break;
        case "ServiceEntry":
            each("exported only to its namespace", "spec", put("exportTo", ["."]));
            break;
        case "Deployment":
            each("more replicas", "spec", put("replicas", 7));
            each(
                "another version",
                "spec.template.spec.containers.*",
                put("image", "registry.example.com/x:2.0.1"),
            );
            each(
                "a digest",
                "spec.template.spec.containers.*",
                put("image", `registry.example.com/x@sha256:${"a".repeat(64)}`),
            );
            break;
        case "Service":
            each(
                "a health port's number",
                "spec.ports.*",
                (port) => port["name"] === "health" && put("port", 8082)(port),
            );
            break;
        case "Namespace":
            each("injection by the revision instead of its tag", "metadata.labels", (labels) => {
                if (labels["istio.io/rev"] !== "stable") return false;
                labels["istio.io/rev"] = "1-31-1";
                return true;
            });
            break;
    }
    return edits;
}

/** The same object in an older API version. */
function versions(resource: EvaluatedResource): Mutation[] {
    const version = JSON.stringify(resource.properties["apiVersion"] ?? "").replaceAll('"', "");
    if (!version.endsWith("istio.io/v1")) return [];
    const older = `${version}beta1`;
    const mutation = changed("an older version of the API", resource, (properties) => {
        properties["apiVersion"] = older;
    });
    const [urn, replaced] = [...mutation.replace][0] ?? [];
    if (urn === undefined || replaced === undefined) return [];
    return [
        {
            ...mutation,
            replace: new Map([[urn, { ...replaced, type: replaced.type.replace(version, older) }]]),
        },
    ];
}
