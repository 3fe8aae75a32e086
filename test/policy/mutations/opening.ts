/** Every single change of a rendered stack that opens the mesh, by rule. */
import { type JudgedResource } from "../../../cli/policy/protocol";
import { changed, kindOf, meta, type Mutation, nodes, type Props, removed } from "./model";
import { openingOfPrograms } from "./opening-programs";

type Stack = readonly JudgedResource[];

export function openingChanges(stack: Stack): readonly Mutation[] {
    return [
        ...stack.flatMap(ofMutualTls),
        ...stack.flatMap(ofAuthorization),
        ...stack.flatMap(ofTokens),
        ...stack.flatMap(ofNamespaces),
        ...stack.flatMap(ofNetwork),
        ...stack.flatMap(ofGateways),
        ...stack.flatMap(ofRules),
        ...stack.flatMap(ofRoutes),
        ...stack.flatMap(ofEgress),
        ...openingOfPrograms(stack),
    ];
}

/** One mutation for each node at `path` for which `edit` changes something. */
function everywhere(
    kind: string,
    resource: JudgedResource,
    path: string,
    edit: (node: Props) => boolean,
    names?: readonly string[],
): Mutation[] {
    return nodes(resource.properties, path).flatMap((node, index) => {
        if (!edit(structuredClone(node))) return [];
        return [
            changed(kind, resource, (properties) => void edit(nodes(properties, path)[index] ?? {}), names),
        ];
    });
}

function drop(field: string): (node: Props) => boolean {
    return (node) => {
        if (!(field in node)) return false;
        Reflect.deleteProperty(node, field);
        return true;
    };
}

function put(field: string, value: unknown, when: (before: unknown) => boolean = () => true) {
    return (node: Props): boolean => {
        if (!when(node[field])) return false;
        node[field] = value;
        return true;
    };
}

function ofMutualTls(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "PeerAuthentication") return [];
    const { namespace, name } = meta(resource);
    const isMesh = namespace === "istio-system";
    const strict = (value: unknown): boolean => value === "STRICT";
    return [
        ...(isMesh ? [removed("mesh-wide STRICT taken out", resource, [namespace])] : []),
        ...(isMesh
            ? everywhere("mesh-wide STRICT to UNSET", resource, "spec.mtls", put("mode", "UNSET", strict), [
                  namespace,
              ])
            : []),
        ...everywhere("STRICT to PERMISSIVE", resource, "spec.mtls", put("mode", "PERMISSIVE", strict)),
        ...everywhere("STRICT to DISABLE", resource, "spec.mtls", put("mode", "DISABLE")),
        ...(isMesh
            ? everywhere(
                  "mesh-wide STRICT narrowed to one workload",
                  resource,
                  "spec",
                  put("selector", { matchLabels: { app: "x" } }),
                  [namespace],
              )
            : []),
        ...everywhere("a service's port opened to plain text", resource, "spec", (spec) => {
            if (namespace === "databases" || isMesh) return false;
            spec["portLevelMtls"] = { ...(spec["portLevelMtls"] as object), "9090": { mode: "PERMISSIVE" } };
            return name !== "";
        }),
        ...everywhere(
            "a health port from PERMISSIVE to DISABLE",
            resource,
            "spec.portLevelMtls.*",
            put("mode", "DISABLE"),
        ),
    ];
}

function ofAuthorization(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "AuthorizationPolicy") return [];
    const spec = resource.properties["spec"] as Props;
    const { namespace } = meta(resource);
    if (spec["rules"] === undefined) {
        return [
            removed("a namespace's deny-all taken out", resource, [namespace]),
            changed(
                "deny-all narrowed to one workload",
                resource,
                (p) => ((p["spec"] as Props)["selector"] = { matchLabels: { app: "x" } }),
                [namespace],
            ),
            changed("deny-all given an empty rule", resource, (p) => ((p["spec"] as Props)["rules"] = [{}]), [
                namespace,
            ]),
            changed(
                "deny-all made a dry run",
                resource,
                (p) => ((p["metadata"] as Props)["annotations"] = { "istio.io/dry-run": "true" }),
                [namespace],
            ),
            changed(
                "deny-all turned into an AUDIT",
                resource,
                (p) => ((p["spec"] as Props)["action"] = "AUDIT"),
                [namespace],
            ),
        ];
    }
    const atGateway = /^istio-\w+gateway-/.test(meta(resource).name);
    const hasPaths = (node: Props): boolean =>
        "paths" in node &&
        meta(resource).name !== "istio-admingateway-to-admin-console-admin" &&
        meta(resource).name !== "admin-console-from-istio-admingateway";
    const isOptions = (node: Props): boolean => JSON.stringify(node["to"] ?? "").includes("OPTIONS");
    return [
        ...everywhere("ALLOW: `from` dropped", resource, "spec.rules.*", drop("from"), [namespace]),
        ...everywhere("ALLOW: `to` dropped", resource, "spec.rules.*", drop("to")),
        ...everywhere("ALLOW: a rule emptied", resource, "spec.rules.*", (rule) => {
            for (const key of Object.keys(rule)) Reflect.deleteProperty(rule, key);
            return true;
        }),
        ...everywhere(
            "ALLOW: principals to *",
            resource,
            "spec.rules.*.from.*.source",
            put("principals", ["*"], Boolean),
        ),
        ...everywhere(
            "ALLOW: a principal to a prefix",
            resource,
            "spec.rules.*.from.*.source",
            put("principals", ["cluster.local/ns/sparc/*"], Boolean),
        ),
        ...everywhere(
            "ALLOW: principals to a namespace",
            resource,
            "spec.rules.*.from.*.source",
            (source) => {
                if (!drop("principals")(source)) return false;
                source["namespaces"] = ["sparc"];
                return true;
            },
        ),
        ...everywhere("ALLOW: principals to addresses", resource, "spec.rules.*.from.*.source", (source) => {
            if (!drop("principals")(source)) return false;
            source["ipBlocks"] = ["10.0.0.0/8"];
            return true;
        }),
        ...everywhere(
            "ALLOW: principals to all but one",
            resource,
            "spec.rules.*.from.*.source",
            (source) => {
                const before = source["principals"];
                if (!drop("principals")(source)) return false;
                source["notPrincipals"] = before;
                return true;
            },
        ),
        ...everywhere("ALLOW: ports dropped", resource, "spec.rules.*.to.*.operation", drop("ports")),
        ...everywhere("ALLOW: methods dropped", resource, "spec.rules.*.to.*.operation", drop("methods")),
        ...everywhere(
            "ALLOW: methods to *",
            resource,
            "spec.rules.*.to.*.operation",
            put("methods", ["*"], Boolean),
        ),
        ...everywhere("ALLOW: paths dropped", resource, "spec.rules.*.to.*.operation", drop("paths")),
        ...everywhere(
            "ALLOW: paths to /*",
            resource,
            "spec.rules.*.to.*.operation",
            (node) => hasPaths(node) && put("paths", ["/*"], Boolean)(node),
        ),
        ...everywhere("ALLOW: hosts dropped", resource, "spec.rules.*.to.*.operation", drop("hosts")),
        ...everywhere(
            "ALLOW: selector dropped",
            resource,
            "spec",
            (spec) => atGateway && drop("selector")(spec),
            [namespace],
        ),
        ...everywhere("ALLOW: the token's conditions dropped", resource, "spec.rules.*", drop("when"), [
            namespace,
        ]),
        ...everywhere("ALLOW: an empty rule added", resource, "spec", (spec) => {
            spec["rules"] = [...(spec["rules"] as unknown[]), {}];
            return true;
        }),
        ...everywhere(
            "ALLOW: token no longer asked for",
            resource,
            "spec.rules.*.from.*.source",
            drop("requestPrincipals"),
            [namespace],
        ),
        ...everywhere(
            "ALLOW: any network for staff",
            resource,
            "spec.rules.*.from.*.source",
            drop("ipBlocks"),
        ),
        ...everywhere(
            "ALLOW: any network for staff, by 0.0.0.0/0",
            resource,
            "spec.rules.*.from.*.source",
            put("ipBlocks", ["0.0.0.0/0"], Boolean),
        ),
        ...everywhere(
            "ALLOW: a condition's values to *",
            resource,
            "spec.rules.*.when.*",
            (when) => String(when["key"]).includes("claims[") && put("values", ["*"])(when),
        ),
        ...everywhere("a preflight rule for every method", resource, "spec.rules.*", (rule) => {
            if (!isOptions(rule)) return false;
            for (const operation of nodes(rule, "to.*.operation")) operation["methods"] = ["GET", "OPTIONS"];
            return true;
        }),
    ];
}

function ofTokens(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "RequestAuthentication") return [];
    const { namespace } = meta(resource);
    return [
        removed("RequestAuthentication taken out", resource, [`${namespace}/Gateway/`]),
        ...everywhere("RequestAuthentication: no rules", resource, "spec", drop("jwtRules"), [
            `${namespace}/Gateway/`,
        ]),
        ...everywhere(
            "RequestAuthentication: for other pods",
            resource,
            "spec.selector",
            put("matchLabels", { app: "x" }),
            [`${namespace}/Gateway/`],
        ),
        ...everywhere("token: any audience", resource, "spec.jwtRules.*", drop("audiences")),
        ...everywhere("token: no issuer", resource, "spec.jwtRules.*", drop("issuer")),
        ...everywhere(
            "token: keys without TLS",
            resource,
            "spec.jwtRules.*",
            put("jwksUri", "http://login.sparc.example.com/jwks", Boolean),
        ),
        ...everywhere("token: no keys", resource, "spec.jwtRules.*", drop("jwksUri")),
    ];
}

function ofNamespaces(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "Namespace" || meta(resource).name === "istio-system") return [];
    return [
        ...everywhere("injection label dropped", resource, "metadata.labels", drop("istio-injection")),
        ...everywhere("injection disabled", resource, "metadata.labels", put("istio-injection", "disabled")),
        ...everywhere("all labels dropped", resource, "metadata", drop("labels")),
        ...everywhere(
            "Pod Security dropped",
            resource,
            "metadata.labels",
            drop("pod-security.kubernetes.io/enforce"),
        ),
        ...everywhere(
            "Pod Security to privileged",
            resource,
            "metadata.labels",
            put("pod-security.kubernetes.io/enforce", "privileged"),
        ),
    ];
}

function ofNetwork(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "NetworkPolicy") return [];
    const { name, namespace } = meta(resource);
    if (name === "deny-all") {
        return [
            removed("a namespace's NetworkPolicy deny-all taken out", resource, [namespace]),
            ...["Ingress", "Egress"].flatMap((kept) =>
                everywhere(
                    `network deny-all for ${kept} alone`,
                    resource,
                    "spec",
                    put("policyTypes", [kept]),
                    [namespace],
                ),
            ),
            ...everywhere(
                "network deny-all narrowed",
                resource,
                "spec",
                put("podSelector", { matchLabels: { app: "x" } }),
                [namespace],
            ),
            ...everywhere("network deny-all lets all in", resource, "spec", put("ingress", [{}]), [
                namespace,
            ]),
        ];
    }
    // What is open to all pods by design is in the pack's configuration, so that a selector there is not needed.
    const listed = name === "prometheus" || name === "istiod" || name === "istio-cni";
    const rule = ["ingress", "egress"];
    return rule.flatMap((direction) => {
        const peers = direction === "ingress" ? "from" : "to";
        const opened = (node: Props): boolean => !listed && peers in node;
        return [
            ...everywhere(
                `NetworkPolicy: ${direction} peers dropped`,
                resource,
                `spec.${direction}.*`,
                (node) => opened(node) && drop(peers)(node),
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} ports dropped`,
                resource,
                `spec.${direction}.*`,
                drop("ports"),
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} from pods to namespaces`,
                resource,
                `spec.${direction}.*.${peers}.*`,
                (node) => !listed && drop("podSelector")(node),
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} of every namespace`,
                resource,
                `spec.${direction}.*.${peers}.*`,
                (node) => {
                    if (listed || !("namespaceSelector" in node)) return false;
                    Reflect.deleteProperty(node, "podSelector");
                    node["namespaceSelector"] = {};
                    return true;
                },
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} a range of ports`,
                resource,
                `spec.${direction}.*.ports.*`,
                (port) => {
                    port["endPort"] = 65535;
                    return true;
                },
            ),
            ...everywhere(`NetworkPolicy: ${direction} a rule for all added`, resource, "spec", (spec) => {
                spec[direction] = [...((spec[direction] as unknown[] | undefined) ?? []), {}];
                return true;
            }),
            ...everywhere(
                `NetworkPolicy: ${direction} private networks no longer left out`,
                resource,
                `spec.${direction}.*.${peers}.*.ipBlock`,
                drop("except"),
            ),
        ];
    });
}

function ofGateways(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "Gateway") return [];
    return [
        ...everywhere(
            "gateway: redirect dropped",
            resource,
            "spec.servers.*",
            (server) => JSON.stringify(server).includes("httpsRedirect") && drop("tls")(server),
        ),
        ...everywhere(
            "gateway: redirect off",
            resource,
            "spec.servers.*.tls",
            (tls) => "httpsRedirect" in tls && put("httpsRedirect", false)(tls),
        ),
        ...everywhere(
            "gateway: TLS dropped",
            resource,
            "spec.servers.*",
            (server) => !JSON.stringify(server).includes("httpsRedirect") && drop("tls")(server),
        ),
        ...everywhere(
            "gateway: TLS minimum dropped",
            resource,
            "spec.servers.*.tls",
            drop("minProtocolVersion"),
        ),
        ...everywhere(
            "gateway: TLS minimum to 1.0",
            resource,
            "spec.servers.*.tls",
            put("minProtocolVersion", "TLSV1_0", Boolean),
        ),
        ...everywhere(
            "gateway: TLS minimum to the default",
            resource,
            "spec.servers.*.tls",
            put("minProtocolVersion", "TLS_AUTO", Boolean),
        ),
        ...everywhere("gateway: a weak cipher suite", resource, "spec.servers.*.tls", (tls) => {
            if (!Array.isArray(tls["cipherSuites"])) return false;
            tls["cipherSuites"] = [...(tls["cipherSuites"] as string[]), "AES128-SHA"];
            return true;
        }),
        ...everywhere("gateway: key from a file", resource, "spec.servers.*.tls", (tls) => {
            if (!drop("credentialName")(tls)) return false;
            tls["privateKey"] = "/etc/key.pem";
            return true;
        }),
        ...everywhere(
            "gateway: AUTO_PASSTHROUGH",
            resource,
            "spec.servers.*.tls",
            (tls) => "mode" in tls && put("mode", "AUTO_PASSTHROUGH")(tls),
        ),
        ...everywhere("gateway: any host", resource, "spec.servers.*", put("hosts", ["*"])),
        ...everywhere("gateway: a host of any namespace", resource, "spec.servers.*", (server) => {
            const hosts = server["hosts"] as string[];
            if (!hosts.some((host) => host.includes("/"))) return false;
            server["hosts"] = hosts.map((host) => host.replace(/^[^/]+\//, ""));
            return true;
        }),
        ...everywhere("gateway: selector dropped", resource, "spec", drop("selector")),
        ...everywhere("gateway: plain TCP added", resource, "spec", (spec) => {
            spec["servers"] = [
                ...(spec["servers"] as unknown[]),
                { port: { number: 9000, name: "tcp", protocol: "TCP" }, hosts: ["sparc/x.example.com"] },
            ];
            return true;
        }),
    ];
}

function ofRules(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "DestinationRule") return [];
    const { namespace, name } = meta(resource);
    const inMesh = namespace !== "istio-egress";
    const originates = JSON.stringify(resource.properties).includes('"SIMPLE"');
    const names = [`${namespace}/Service/${name}`];
    return [
        ...everywhere(
            "client TLS turned off",
            resource,
            "spec.trafficPolicy",
            put("tls", { mode: "DISABLE" }),
        ),
        ...(inMesh
            ? everywhere(
                  "client TLS without identity",
                  resource,
                  "spec.trafficPolicy",
                  put("tls", { mode: "SIMPLE" }),
              )
            : []),
        ...everywhere(
            "client TLS of a subset turned off",
            resource,
            "spec.subsets.*.trafficPolicy.tls",
            put("mode", "DISABLE"),
        ),
        ...everywhere(
            "certificate no longer checked",
            resource,
            "spec.trafficPolicy",
            put("tls", { mode: "SIMPLE", subjectAltNames: ["x"], insecureSkipVerify: true }),
        ),
        ...everywhere(
            "server's name no longer checked",
            resource,
            "spec.trafficPolicy.portLevelSettings.*.tls",
            drop("subjectAltNames"),
        ),
        ...(originates ? [removed("TLS origination taken out", resource, [name])] : []),
        ...everywhere(
            "TLS origination dropped",
            resource,
            "spec.trafficPolicy.portLevelSettings.*",
            drop("tls"),
            [name],
        ),
        ...everywhere("exportTo dropped", resource, "spec", drop("exportTo")),
        ...everywhere("exportTo everywhere", resource, "spec", put("exportTo", ["*"])),
        ...(inMesh ? [removed("a service's breaker taken out", resource, names)] : []),
        ...everywhere(
            "breaker: no pool",
            resource,
            "spec.trafficPolicy",
            (policy) => inMesh && drop("connectionPool")(policy),
            names,
        ),
        ...everywhere(
            "breaker: no ejection",
            resource,
            "spec.trafficPolicy",
            (policy) => inMesh && name !== "device-telemetry" && drop("outlierDetection")(policy),
            names,
        ),
        ...everywhere(
            "ejection of the whole pool",
            resource,
            "spec.trafficPolicy.outlierDetection",
            (detection) => inMesh && put("maxEjectionPercent", 100)(detection),
        ),
    ];
}

function ofRoutes(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "VirtualService") return [];
    const isPost = (route: Props): boolean => {
        const matches = nodes(route, "match.*");
        const uris = matches.map((match) => JSON.stringify(match["uri"] ?? ""));
        const grpc = uris.some((uri) => uri.includes("/sparc."));
        return (
            !grpc &&
            matches.length > 0 &&
            matches.every((match) => JSON.stringify(match["method"] ?? "").includes("POST"))
        );
    };
    const marked = /Billing\/(Charge|Refund|ChangePlan)|Notifications\/Send|Alerts\/Raise/;
    return [
        ...everywhere("timeout dropped", resource, "spec.http.*", drop("timeout")),
        ...everywhere("timeout to 0s", resource, "spec.http.*", put("timeout", "0s", Boolean)),
        ...everywhere(
            "a fault injected",
            resource,
            "spec.http.*",
            put("fault", { abort: { httpStatus: 503, percentage: { value: 5 } } }),
        ),
        ...everywhere("retries of what must not happen twice", resource, "spec.http.*", (route) => {
            if (!isPost(route) && !marked.test(JSON.stringify(route["match"] ?? ""))) return false;
            route["retries"] = { attempts: 2, retryOn: "5xx" };
            return true;
        }),
        ...everywhere("retries without an end", resource, "spec.http.*.retries", put("attempts", 10)),
        ...everywhere("exportTo dropped", resource, "spec", drop("exportTo")),
        ...everywhere("exportTo everywhere", resource, "spec", put("exportTo", ["*"])),
        ...(meta(resource).namespace === "istio-egress"
            ? [removed("the way through the egress gateway taken out", resource, [meta(resource).name])]
            : []),
    ];
}

function ofEgress(resource: JudgedResource): Mutation[] {
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
                    "Sidecar: knows its namespace",
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
                // In `sparc` each service has its own, and the namespace's is for whoever may come yet.
                ...(namespace === "sparc"
                    ? []
                    : [removed("Sidecar of a namespace or limiter taken out", resource, [`${namespace}/`])]),
            ];
        case "EnvoyFilter":
            return [
                ...everywhere("EnvoyFilter under another name", resource, "metadata", put("name", "mine"), [
                    `${namespace}/EnvoyFilter/mine`,
                ]),
                ...everywhere(
                    "EnvoyFilter changed after it was read",
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
