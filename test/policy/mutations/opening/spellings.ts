/** Openings that resemble existing objects: patterns, other claims and names, chart values, other kinds of routes. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, kindOf, meta, type Mutation, nodes, type Props } from "../model";
import { ofCanaries } from "./canaries";
import { ofValues } from "./chart-values";
import { drop, everywhere, put, set } from "./edit";
import { ofDestinations, ofEntries, ofSidecars } from "./names";

/** Changes of existing objects. */
export function ofSpellings(resource: EvaluatedResource): Mutation[] {
    switch (kindOf(resource)) {
        case "AuthorizationPolicy":
            return ofPatterns(resource);
        case "RequestAuthentication":
            return ofClaims(resource);
        case "VirtualService":
            return ofRoutes(resource);
        case "ServiceEntry":
            return ofEntries(resource);
        case "Sidecar":
            return ofSidecars(resource);
        case "DestinationRule":
            return ofDestinations(resource);
        case "Canary":
            return ofCanaries(resource);
        case "MetricTemplate":
            return [changed("MetricTemplate: always content", resource, set("spec.query", "vector(0)"))];
        default:
            return resource.type === "kubernetes:helm.sh/v3:Release" ? ofValues(resource) : [];
    }
}

function ofPatterns(resource: EvaluatedResource): Mutation[] {
    const spec = resource.properties["spec"] as Props;
    const { namespace, name } = meta(resource);
    // Widening a DENY denies more.
    if (spec["rules"] === undefined || spec["action"] === "DENY") return [];
    const operation = "spec.rules.*.to.*.operation";
    const isRedirect = name.endsWith("-redirect");
    const isMetrics = name === "metrics-from-prometheus";
    const kinds = [
        ...everywhere(
            "ALLOW: methods by prefix",
            resource,
            operation,
            put("methods", ["G*", "P*", "D*"], Boolean),
        ),
        ...everywhere("ALLOW: methods by suffix", resource, operation, put("methods", ["*T", "*E"], Boolean)),
        ...everywhere("ALLOW: hosts by a prefix", resource, operation, put("hosts", ["a*"], Boolean)),
        ...everywhere("ALLOW: hosts by a suffix", resource, operation, put("hosts", ["*m"], Boolean)),
        ...everywhere("ALLOW: SNI by a prefix", resource, "spec.rules.*.when.*", (when) => {
            if (when["key"] !== "connection.sni" || when["values"] === undefined) return false;
            when["values"] = ["a*", "s*"];
            return true;
        }),
        ...(isMetrics
            ? [
                  changed("ALLOW of a namespace: more than metrics", resource, (p) => {
                      for (const node of nodes(p, operation)) node["ports"] = ["8080"];
                  }),
              ]
            : [
                  changed("ALLOW: its selector dropped", resource, (p) =>
                      drop("selector")(p["spec"] as Props),
                  ),
              ]),
    ];
    const mayAllPaths = name.includes("admin-console");
    if (!mayAllPaths && !isRedirect && !isMetrics) {
        kinds.push(
            ...["/v*", "/v1*", "/a*", "*/x"].flatMap((path) =>
                everywhere(
                    "ALLOW: a path by prefix or suffix",
                    resource,
                    operation,
                    put("paths", [path], Boolean),
                ),
            ),
        );
    }
    if (mayAllPaths && namespace === "sparc") {
        kinds.push(
            changed("ALLOW of every path: another caller under the listed name", resource, (p) => {
                const [first] = nodes(p, "spec.rules.*.from.*.source").filter((source) =>
                    JSON.stringify(source).includes("admingateway"),
                );
                if (first !== undefined) first["principals"] = ["cluster.local/ns/sparc/sa/reports"];
            }),
        );
    }
    return kinds.filter(
        ({ kind }) => !kind.includes("listed name") || name === "admin-console-from-istio-admingateway",
    );
}

function ofClaims(resource: EvaluatedResource): Mutation[] {
    const rule = "spec.jwtRules.*";
    if (nodes(resource.properties, `${rule}.outputClaimToHeaders.*`).length === 0) return [];
    return [
        ...everywhere(
            "tokens: a header from another claim",
            resource,
            `${rule}.outputClaimToHeaders.*`,
            put("claim", "nickname"),
        ),
        ...everywhere(
            "tokens: the whole payload as the tenant",
            resource,
            rule,
            put("outputPayloadToHeader", "X_Tenant"),
        ),
        changed("tokens: an additional issuer", resource, (p) => {
            const rules = (p["spec"] as Props)["jwtRules"] as Props[];
            rules.push({ ...structuredClone(rules[0]), issuer: "https://login.example.net" });
        }),
    ];
}

function ofRoutes(resource: EvaluatedResource): Mutation[] {
    const spec = resource.properties["spec"] as Props;
    const gateways = JSON.stringify(spec["gateways"] ?? []);
    const http = "spec.http.*";
    const headers = (value: Props) => put("headers", value);
    const kinds = [
        ...everywhere(
            "route: sets the tenant header",
            resource,
            http,
            headers({ request: { set: { "x-tenant": "%REQ(x-debug)%" } } }),
        ),
        ...everywhere(
            "route: sets the tenant header, in another case",
            resource,
            http,
            headers({ request: { add: { X_Tenant: "acme" } } }),
        ),
        ...everywhere(
            "route: sets x-forwarded-client-cert",
            resource,
            http,
            headers({ request: { set: { "x-forwarded-client-cert": "URI=spiffe://x" } } }),
        ),
        ...everywhere(
            "route: another Host",
            resource,
            http,
            put("rewrite", { authority: "admin.sparc.example.com" }),
        ).filter(() => !JSON.stringify(spec["hosts"]).includes("admin.sparc")),
        ...everywhere("route: a redirect to an external host", resource, http, (route) => {
            for (const key of ["route", "delegate"]) Reflect.deleteProperty(route, key);
            route["redirect"] = { authority: "login.example.net" };
            return true;
        }),
    ];
    const target = "spec.*.*.route.*.destination";
    if (gateways.includes("istio-ingress")) {
        kinds.push(
            ...everywhere(
                "route of a gateway: to another service",
                resource,
                target,
                put("host", "settings.sparc.svc.cluster.local"),
            ),
            ...everywhere(
                "route of a gateway: credentials for every origin",
                resource,
                `${http}.corsPolicy`,
                (cors) => {
                    cors["allowCredentials"] = true;
                    cors["allowOrigins"] = [{ regex: ".*" }];
                    return true;
                },
            ),
        );
    } else if (gateways !== "[]") {
        kinds.push(
            ...everywhere("egress route: to another host", resource, target, put("host", "drop.example.net")),
        );
    } else if (Array.isArray(spec["hosts"]) && spec["hosts"].length > 0) {
        kinds.push(
            ...everywhere(
                "route: to another service",
                resource,
                target,
                put("host", "settings.sparc.svc.cluster.local"),
            ).filter(() => meta(resource).name !== "settings"),
            ...everywhere(
                "route: a mirror to another service",
                resource,
                http,
                put("mirror", { host: "settings.sparc.svc.cluster.local" }),
            ).filter(() => meta(resource).name !== "settings"),
            ...everywhere(
                "route: to a name that looks internal",
                resource,
                target,
                put("host", "drop.example.local"),
            ),
        );
    }
    return kinds;
}
