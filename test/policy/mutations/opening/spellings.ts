/** Openings that look like what is there: patterns, other claims and names, values of charts, other kinds of routes. */
import { type JudgedResource } from "../../../../cli/policy/protocol";
import { changed, kindOf, meta, type Mutation, nodes, type Props } from "../model";
import { ofCanaries } from "./canaries";
import { ofValues } from "./chart-values";
import { drop, everywhere, put, set } from "./edit";
import { ofDestinations, ofEntries, ofSidecars } from "./names";

/** Changes of what is there. */
export function ofSpellings(resource: JudgedResource): Mutation[] {
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

function ofPatterns(resource: JudgedResource): Mutation[] {
    const spec = resource.properties["spec"] as Props;
    const { namespace, name } = meta(resource);
    // What a DENY says for fewer, it stops more of.
    if (spec["rules"] === undefined || spec["action"] === "DENY") return [];
    const operation = "spec.rules.*.to.*.operation";
    const isRedirect = name.endsWith("-redirect");
    const isMetrics = name === "metrics-from-prometheus";
    const kinds = [
        ...everywhere(
            "ALLOW: methods by their beginnings",
            resource,
            operation,
            put("methods", ["G*", "P*", "D*"], Boolean),
        ),
        ...everywhere(
            "ALLOW: methods by their ends",
            resource,
            operation,
            put("methods", ["*T", "*E"], Boolean),
        ),
        ...everywhere("ALLOW: hosts by a beginning", resource, operation, put("hosts", ["a*"], Boolean)),
        ...everywhere("ALLOW: hosts by an end", resource, operation, put("hosts", ["*m"], Boolean)),
        ...everywhere("ALLOW: SNI by a beginning", resource, "spec.rules.*.when.*", (when) => {
            if (when["key"] !== "connection.sni" || when["values"] === undefined) return false;
            when["values"] = ["a*", "s*"];
            return true;
        }),
        ...(isMetrics
            ? [
                  changed("ALLOW of a namespace: for more than metrics", resource, (p) => {
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
                    "ALLOW: a path by its beginning or end",
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

function ofClaims(resource: JudgedResource): Mutation[] {
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
        changed("tokens: of another issuer too", resource, (p) => {
            const rules = (p["spec"] as Props)["jwtRules"] as Props[];
            rules.push({ ...structuredClone(rules[0]), issuer: "https://login.example.net" });
        }),
    ];
}

function ofRoutes(resource: JudgedResource): Mutation[] {
    const spec = resource.properties["spec"] as Props;
    const gateways = JSON.stringify(spec["gateways"] ?? []);
    const http = "spec.http.*";
    const headers = (value: Props) => put("headers", value);
    const kinds = [
        ...everywhere(
            "route: says who the tenant is",
            resource,
            http,
            headers({ request: { set: { "x-tenant": "%REQ(x-debug)%" } } }),
        ),
        ...everywhere(
            "route: says who the tenant is, in other letters",
            resource,
            http,
            headers({ request: { add: { X_Tenant: "acme" } } }),
        ),
        ...everywhere(
            "route: says which certificate the caller has",
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
        ...everywhere("route: a redirect to a stranger", resource, http, (route) => {
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
            ...everywhere(
                "route of the way out: to another host",
                resource,
                target,
                put("host", "drop.example.net"),
            ),
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
                "route: a copy to another service",
                resource,
                http,
                put("mirror", { host: "settings.sparc.svc.cluster.local" }),
            ).filter(() => meta(resource).name !== "settings"),
            ...everywhere(
                "route: to a name that sounds inside",
                resource,
                target,
                put("host", "drop.example.local"),
            ),
        );
    }
    return kinds;
}
