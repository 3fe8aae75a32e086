/** Configuration entries that are a table of fields: what becomes of each of them. */
import { fieldPath, type ObjectFields } from "../../fields";
import type { Outcome } from "../../model";
import { catalogueName, type Context } from "../context";
import { dataOf, listAt, numberAt, textAt } from "../data";
import { callersOf } from "./resolver";

type Rule = readonly [path: string, outcome: Outcome, detail: string];

export function apply(fields: ObjectFields, rules: readonly Rule[], prefix = ""): void {
    for (const [path, outcome, detail] of rules) fields.add(`${prefix}${path}`, outcome, detail);
}

const GATEWAYS = "It chooses gateways between datacenters, which the mesh does not have.";

/** Fields that `service-defaults`, `proxy-defaults` and sidecars share. */
const PROXY_RULES: readonly Rule[] = [
    [
        "TransparentProxy.DialedDirectly",
        "by-hand",
        "Clients call instances by their address: give them a headless Service.",
    ],
    ["TransparentProxy", "not-needed", "Istio redirects all traffic of a pod."],
    ["Mode", "not-needed", "Istio redirects all traffic of a pod."],
    ["MeshGateway", "not-needed", GATEWAYS],
    ["Expose.Checks", "not-needed", "Istio answers the kubelet's probes in the sidecar."],
    [
        "Expose.Paths",
        "by-hand",
        "Paths without mutual TLS: scrape metrics through the merged port 15020, and give other clients an exposure.",
    ],
    ["AccessLogs", "not-needed", "The stack's telemetry configures access logs."],
    ["EnvoyExtensions", "by-hand", "Envoy extensions: find the mesh's feature for each, or drop it."],
    [
        "MutualTLSMode",
        "by-hand",
        "Plaintext is accepted: find its callers before the service's phase is strict.",
    ],
];

export function translateServiceDefaults(
    context: Context,
    entry: ObjectFields,
    external: ReadonlyMap<string, string>,
): void {
    const { name, data } = entry.object;
    const target = catalogueName(name);
    const group = external.get(name);
    const service = context.draft.services.get(target);
    const place = group === undefined ? `services.${target}` : `external.${group}`;
    const inDraft = service !== undefined || group !== undefined;
    const missing = `No service ${name} is in the draft.`;
    entry.main(["Kind", "Name", "Meta"], inDraft ? "translated" : "by-hand", inDraft ? place : missing);
    const [port] = Object.values(service?.ports ?? {});
    const protocol = textAt(data, "Protocol").toLowerCase();
    const isSame = port?.protocol === protocol;
    entry.add(
        "Protocol",
        !inDraft ? "by-hand" : isSame || group !== undefined ? "translated" : "difference",
        inDraft
            ? `${place}${group === undefined ? `: ${protocol} is ${port?.protocol ?? ""} in the draft` : ""}`
            : missing,
    );
    const concurrency = numberAt(data, "MaxInboundConnections");
    entry.add(
        "MaxInboundConnections",
        service === undefined ? "by-hand" : "difference",
        `${place}.concurrency: callers' circuit breakers are sized by it, and no proxy refuses the connection number ${concurrency + 1}.`,
    );
    const callers = callersOf(context, target);
    entry.add(
        "LocalRequestTimeoutMs",
        callers.length > 0 ? "difference" : "by-hand",
        callers.length > 0
            ? `The upper limit of the timeouts of ${callers.join(", ")}: callers apply it, not the service's proxy.`
            : `Set it as the timeout of the calls to ${target}.`,
    );
    if (group === undefined)
        entry.add(
            "Destination",
            "by-hand",
            "Add its addresses as an external group: the catalogue lists fully qualified DNS names.",
        );
    else entry.add("Destination", "translated", place);
    for (const [path, upstream] of upstreamConfigs(data))
        describeUpstreamConfig(entry, path, textAt(upstream, "Name"));
    apply(entry, [
        ...PROXY_RULES,
        [
            "LocalConnectTimeoutMs",
            "not-needed",
            "It applies to the connection of a sidecar with its own application.",
        ],
        ["BalanceInboundConnections", "not-needed", "It distributes connections among Envoy's threads."],
        ["ExternalSNI", "by-hand", "The server name of an external service: add it as an external group."],
        [
            "RateLimits",
            "by-hand",
            "The mesh limits requests at gateways: set rateLimit of the exposure or external group.",
        ],
        ["EnvoyListenerJSON", "by-hand", "Raw Envoy configuration: find the mesh's feature for it."],
    ]);
}

/** The settings for the calls of a service to one service, or to all. The name belongs to each of them. */
function describeUpstreamConfig(entry: ObjectFields, path: string, callee: string): void {
    const rules: readonly Rule[] = [
        [
            "PassiveHealthCheck",
            "difference",
            "The mesh ejects a replica after three gateway errors, for 30 s at first, and never more than half of them.",
        ],
        ["ConnectTimeoutMs", "difference", "The mesh waits 1 s for a connection to a service."],
        [
            "Limits",
            "by-hand",
            "The mesh derives it for all callers of a service from its replicas and `concurrency`, not for one caller.",
        ],
        ["BalanceOutboundConnections", "not-needed", "It distributes connections among Envoy's threads."],
        ["MeshGateway", "not-needed", GATEWAYS],
        [
            "Protocol",
            "by-hand",
            `The protocol is the callee's in the mesh: set it there${callee === "" ? "" : `, at ${callee}`}.`,
        ],
    ];
    for (const [field, outcome, detail] of rules)
        if (entry.has(`${path}.${field}`)) entry.add([`${path}.${field}`, `${path}.Name`], outcome, detail);
    entry.add(
        path,
        "by-hand",
        "A setting for the calls of one service: express it by the call's timeout and retries, or drop it.",
    );
}

function upstreamConfigs(data: unknown): [path: string, value: unknown][] {
    const config = dataOf(dataOf(data)["UpstreamConfig"]);
    return [
        ...listAt(config, "Overrides").map((one, index): [string, unknown] => [
            `UpstreamConfig.Overrides[${index}]`,
            one,
        ]),
        ["UpstreamConfig.Defaults", config["Defaults"]],
    ];
}

export function translateProxyDefaults(entry: ObjectFields): void {
    entry.main(["Kind", "Name", "Meta"], "translated", "See its fields.");
    for (const key of Object.keys(dataOf(entry.object.data["Config"]))) {
        const path = fieldPath("Config", key);
        const [outcome, detail] = configKey(key);
        entry.add(path, outcome, detail);
    }
    apply(entry, [
        ...PROXY_RULES,
        ["FailoverPolicy", "by-hand", "The mesh has no failover to other datacenters."],
        ["PrioritizeByLocality", "by-hand", "Set locality in the stack."],
    ]);
}

/** A sidecar, without its upstreams: Istio injects its own. */
export function translateProxy(proxy: ObjectFields): void {
    for (const key of Object.keys(dataOf(dataOf(proxy.object.data["Proxy"])["Config"]))) {
        const [outcome, detail] = configKey(key);
        proxy.add(
            fieldPath("Proxy.Config", key),
            key === "protocol" ? "by-hand" : outcome,
            key === "protocol" ? "Set the protocol of the service's port in the catalogue." : detail,
        );
    }
    apply(proxy, PROXY_RULES, "Proxy.");
    const rest = Object.keys(proxy.object.data).map((key) => fieldPath("", key));
    proxy.main(rest, "not-needed", "A sidecar proxy: Istio injects its own.");
}

/** A key of a proxy's opaque configuration. */
export function configKey(key: string): [Outcome, string] {
    if (key === "protocol") return ["translated", "The protocol of services without service-defaults"];
    if (key === "local_request_timeout_ms")
        return [
            "difference",
            "The upper limit of all timeouts in the draft: callers apply it, not the service's proxy.",
        ];
    if (key === "local_connect_timeout_ms")
        return ["not-needed", "It applies to the connection of a sidecar with its own application."];
    if (key.endsWith("connect_timeout_ms"))
        return ["difference", "The mesh waits 1 s for a connection to a service."];
    if (
        /^(envoy_(prometheus|stats|statsd|dogstatsd|telemetry)|prometheus_|bind_|balance_)/.test(key) &&
        !key.endsWith("_json")
    )
        return ["not-needed", "Istio's telemetry and listeners replace it."];
    if (key.includes("tracing")) return ["by-hand", "Set the stack's tracing."];
    return ["by-hand", "A setting of Consul's Envoy: find the mesh's feature for it, or drop it."];
}

export function translateMesh(entry: ObjectFields): void {
    entry.main(["Kind", "Name", "Meta"], "translated", "See its fields.");
    apply(entry, [
        [
            "TransparentProxy.MeshDestinationsOnly",
            "translated",
            "The mesh allows only hosts of the catalogue (REGISTRY_ONLY).",
        ],
        ["TLS", "difference", "The mesh uses Istio's TLS versions and ciphers between sidecars."],
        ["HTTP.SanitizeXForwardedClientCert", "translated", "Gateways replace x-forwarded-client-cert."],
        ["Peering", "by-hand", "The mesh has no peers: see the peerings."],
        [
            "AllowEnablingPermissiveMutualTLS",
            "by-hand",
            "Plaintext is accepted somewhere: find its callers before a phase is strict.",
        ],
    ]);
}
