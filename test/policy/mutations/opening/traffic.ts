/** Weakened DestinationRules and VirtualServices. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { kindOf, meta, type Mutation, nodes, type Props, removed } from "../model";
import { drop, everywhere, put } from "./edit";

export function ofRules(resource: EvaluatedResource): Mutation[] {
    if (kindOf(resource) !== "DestinationRule") return [];
    const { namespace, name } = meta(resource);
    const inMesh = namespace !== "istio-egress";
    const originates = JSON.stringify(resource.properties).includes('"SIMPLE"');
    // The program registers no Service for Flagger's hosts; an exception covers the export of their rules.
    const rollout = /^(.+)-rollout-(primary|canary)\./.exec(hostOf(resource))?.[1];
    const names = [
        `${namespace}/Service/${name}`,
        ...(rollout === undefined ? [] : [`${namespace}/Canary/${rollout}`]),
    ];
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
            "certificate no longer verified",
            resource,
            "spec.trafficPolicy",
            put("tls", { mode: "SIMPLE", subjectAltNames: ["x"], insecureSkipVerify: true }),
        ),
        ...everywhere(
            "server name no longer verified",
            resource,
            "spec.trafficPolicy.portLevelSettings.*.tls",
            drop("subjectAltNames"),
        ),
        ...(originates ? [removed("TLS origination removed", resource, [name])] : []),
        ...everywhere(
            "TLS origination dropped",
            resource,
            "spec.trafficPolicy.portLevelSettings.*",
            drop("tls"),
            [name],
        ),
        ...(rollout === undefined
            ? [
                  ...everywhere("exportTo dropped", resource, "spec", drop("exportTo")),
                  ...everywhere("exportTo everywhere", resource, "spec", put("exportTo", ["*"])),
              ]
            : []),
        ...(inMesh ? [removed("a service's circuit breaker removed", resource, names)] : []),
        ...everywhere(
            "circuit breaker: no pool",
            resource,
            "spec.trafficPolicy",
            (policy) => inMesh && drop("connectionPool")(policy),
            names,
        ),
        ...everywhere(
            "circuit breaker: no ejection",
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

function hostOf({ properties }: EvaluatedResource): string {
    const { spec } = properties as { spec?: { host?: string } };
    return spec?.host ?? "";
}

export function ofRoutes(resource: EvaluatedResource): Mutation[] {
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
        ...everywhere("retries of non-idempotent requests", resource, "spec.http.*", (route) => {
            if (!isPost(route) && !marked.test(JSON.stringify(route["match"] ?? ""))) return false;
            route["retries"] = { attempts: 2, retryOn: "5xx" };
            return true;
        }),
        ...everywhere("retries without an end", resource, "spec.http.*.retries", put("attempts", 10)),
        ...everywhere("exportTo dropped", resource, "spec", drop("exportTo")),
        ...everywhere("exportTo everywhere", resource, "spec", put("exportTo", ["*"])),
        ...(meta(resource).namespace === "istio-egress"
            ? []
            : [
                  ...everywhere(
                      "requests mirrored to an external host",
                      resource,
                      "spec.http.*",
                      put("mirror", { host: "outside.example.com" }),
                  ),
                  ...everywhere(
                      "requests routed to an external host",
                      resource,
                      "spec.http.*.route.*.destination",
                      put("host", "outside.example.com"),
                  ),
              ]),
        ...(meta(resource).namespace === "istio-egress"
            ? [removed("the route through the egress gateway removed", resource, [meta(resource).name])]
            : []),
    ];
}
