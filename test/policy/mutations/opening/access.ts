/** Weakened AuthorizationPolicies and JWT checks. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, kindOf, meta, type Mutation, nodes, type Props, removed } from "../model";
import { packConfig } from "../../support/stacks";
import { drop, everywhere, put } from "./edit";

export function ofAuthorization(resource: EvaluatedResource): Mutation[] {
    if (kindOf(resource) !== "AuthorizationPolicy") return [];
    const spec = resource.properties["spec"] as Props;
    // These change an ALLOW: a wider DENY denies more.
    if (spec["action"] === "DENY") return [];
    const { namespace } = meta(resource);
    // A chart renders the Service, so the pack does not know the port's protocol.
    const isCharts = namespace === "flagger-system";
    if (spec["rules"] === undefined) {
        return [
            removed("a namespace's deny-all removed", resource, [namespace]),
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
        ...(isCharts ? [] : ofOperations(resource)),
        // A server matched by SNI has routes only to its host.
        ...everywhere("ALLOW: hosts dropped", resource, "spec.rules.*", (rule) =>
            nodes(rule, "when.*").some(({ key }) => key === "connection.sni")
                ? false
                : nodes(rule, "to.*.operation").map(drop("hosts")).includes(true),
        ),
        ...everywhere(
            "ALLOW: selector dropped",
            resource,
            "spec",
            (spec) => atGateway && drop("selector")(spec),
            [namespace],
        ),
        ...everywhere(
            "ALLOW: conditions dropped",
            resource,
            "spec.rules.*",
            (rule) => !isByPort(rule) && drop("when")(rule),
            [namespace],
        ),
        ...everywhere("ALLOW: an empty rule added", resource, "spec", (spec) => {
            spec["rules"] = [...(spec["rules"] as unknown[]), {}];
            return true;
        }),
        ...everywhere(
            "ALLOW: token no longer required",
            resource,
            "spec.rules.*.from.*.source",
            drop("requestPrincipals"),
            [namespace],
        ),
        ...everywhere(
            "ALLOW: any network for staff",
            resource,
            "spec.rules.*.from.*.source",
            drop("remoteIpBlocks"),
        ),
        ...everywhere(
            "ALLOW: any network for staff, by 0.0.0.0/0",
            resource,
            "spec.rules.*.from.*.source",
            put("remoteIpBlocks", ["0.0.0.0/0"], Boolean),
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

export function ofTokens(resource: EvaluatedResource): Mutation[] {
    if (kindOf(resource) !== "RequestAuthentication") return [];
    const { namespace } = meta(resource);
    return [
        // This widens nothing at a service's sidecar: the tenant filter trusts only tokens that the sidecar has verified.
        ...(namespace === "istio-ingress" ? withoutTokens(resource) : []),
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

/** Whether a rule's host is redundant: the stack's configuration accepts the port of a single host instead. */
function isByPort(rule: Props): boolean {
    const allowed = packConfig("prod")["access-gateway-hosts"] as { onlyHostByPort?: boolean } | undefined;
    const conditions = nodes(rule, "when.*");
    return (
        allowed?.onlyHostByPort === true &&
        !("from" in rule) &&
        conditions.length > 0 &&
        conditions.every(({ key }) => key === "connection.sni")
    );
}

/** Widened operations. */
function ofOperations(resource: EvaluatedResource): Mutation[] {
    const operations = "spec.rules.*.to.*.operation";
    const hasPaths = (node: Props): boolean =>
        "paths" in node &&
        meta(resource).name !== "istio-admingateway-to-admin-console.admin" &&
        meta(resource).name !== "admin-console-from-istio-admingateway";
    return [
        ...everywhere("ALLOW: methods dropped", resource, operations, drop("methods")),
        ...everywhere("ALLOW: methods to *", resource, operations, put("methods", ["*"], Boolean)),
        ...everywhere("ALLOW: paths dropped", resource, operations, drop("paths")),
        ...everywhere(
            "ALLOW: paths to /*",
            resource,
            operations,
            (node) => hasPaths(node) && put("paths", ["/*"], Boolean)(node),
        ),
        ...everywhere(
            "ALLOW: paths by suffix",
            resource,
            operations,
            (node) => hasPaths(node) && put("paths", ["*/status"], Boolean)(node),
        ),
    ];
}
function withoutTokens(resource: EvaluatedResource): Mutation[] {
    const { namespace } = meta(resource);
    return [
        removed("RequestAuthentication removed", resource, [`${namespace}/Gateway/`]),
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
    ];
}
