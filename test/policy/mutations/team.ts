/** A team's objects of kinds that prod lacks: a rollout, a DENY, a TCP port, a partner's domain. */
import { type EvaluatedResource } from "../../../cli/policy/protocol";
import { fromYaml, openConfig } from "../support/stacks";
import { changed, kindOf, meta, type Mutation, type Props, removed } from "./model";
import { drop, everywhere, put, set } from "./opening/edit";

const TEAM = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio.io/rev: stable, pod-security.kubernetes.io/enforce: restricted } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec: { egress: [{ hosts: ["~/*"] }] }
---
apiVersion: v1
kind: Service
metadata: { name: payments, namespace: shop }
spec: { selector: { service: payments }, ports: [{ name: http, port: 8080 }, { name: tcp-ledger, port: 9000 }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: payments-from-web, namespace: shop }
spec:
  selector: { matchLabels: { service: payments } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["8080"], methods: [GET], paths: [/x] } }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ledger-from-web, namespace: shop }
spec:
  selector: { matchLabels: { service: payments } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["9000"] } }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-admin, namespace: shop }
spec:
  action: DENY
  selector: { matchLabels: { service: payments } }
  rules: [{ to: [{ operation: { ports: ["8080"], paths: [/admin*] } }] }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: payments, namespace: shop }
spec:
  podSelector: { matchLabels: { service: payments } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ podSelector: { matchLabels: { service: web } } }], ports: [{ port: 8080 }, { port: 9000 }] }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: payments, namespace: shop }
spec:
  host: payments
  exportTo: ["."]
  trafficPolicy: { connectionPool: { tcp: { maxConnections: 10 } }, outlierDetection: { consecutive5xxErrors: 5 } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: payments-root, namespace: shop }
spec: { hosts: [payments], exportTo: ["."], http: [{ delegate: { name: payments, namespace: shop } }] }
---
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: payments, namespace: shop }
spec:
  targetRef: { apiVersion: apps/v1, kind: Deployment, name: payments }
  service: { port: 8080, delegation: true, timeout: 1s, trafficPolicy: { connectionPool: { http: { http2MaxRequests: 100 } }, outlierDetection: { consecutive5xxErrors: 5, maxEjectionPercent: 50 } } }
  analysis:
    interval: 1m
    threshold: 5
    stepWeight: 10
    maxWeight: 50
    metrics: [{ name: request-success-rate, thresholdRange: { min: 99 } }]
    webhooks: [{ name: approve, type: confirm-promotion, url: "http://gate.shop/check" }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: partner, namespace: shop }
spec: { hosts: ["*.partner.example.com"], exportTo: ["."], location: MESH_EXTERNAL, resolution: NONE, ports: [{ number: 443, name: tls, protocol: TLS }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: partner, namespace: shop }
spec:
  hosts: ["*.partner.example.com"]
  exportTo: ["."]
  tls: [{ match: [{ port: 443, sniHosts: ["*.partner.example.com"] }], route: [{ destination: { host: istio-egressgateway.istio-egress.svc.cluster.local } }] }]
`;

/** Prod with the team's objects. */
export function withTeam(prod: readonly EvaluatedResource[]): readonly EvaluatedResource[] {
    return [...prod, ...team()];
}

/** Prod's configuration, with the team's critical service. */
export function configWithTeam(): Record<string, unknown> {
    const config = openConfig("prod");
    const gates = config["delivery-manual-approval"] as { critical?: readonly string[] } | undefined;
    return {
        ...config,
        "delivery-manual-approval": { ...gates, critical: [...(gates?.critical ?? []), "shop/payments"] },
    };
}

function team(): readonly EvaluatedResource[] {
    return fromYaml(TEAM).map(({ urn, type, name, props }) => ({
        urn,
        type,
        name,
        properties: props as Record<string, unknown>,
    }));
}

/** Every single change that widens access to the team's objects. */
export function teamsOpeningChanges(): readonly Mutation[] {
    return team().flatMap((resource) => [
        ...ofCanary(resource),
        ...ofPolicies(resource),
        ...ofSelectors(resource),
        ...ofPartner(resource),
    ]);
}

function ofCanary(resource: EvaluatedResource): Mutation[] {
    if (kindOf(resource) !== "Canary") return [];
    const change = (kind: string, path: string, value: unknown): Mutation =>
        changed(`Canary: ${kind}`, resource, set(path, value));
    return [
        change("promoted without analysis", "spec.skipAnalysis", true),
        change("no threshold", "spec.analysis.threshold", undefined),
        change("no interval", "spec.analysis.interval", undefined),
        change("no metrics", "spec.analysis.metrics", []),
        change("no analysis", "spec.analysis", undefined),
        change("all at once", "spec.analysis.stepWeight", undefined),
        change("no webhooks", "spec.analysis.webhooks", []),
        ...everywhere(
            "Canary: a metric that cannot fail",
            resource,
            "spec.analysis.metrics.*",
            drop("thresholdRange"),
        ),
        ...everywhere(
            "Canary: an event webhook instead of a gate",
            resource,
            "spec.analysis.webhooks.*",
            put("type", "event"),
        ),
        ...everywhere(
            "Canary: a webhook only before the rollout",
            resource,
            "spec.analysis.webhooks.*",
            put("type", "confirm-rollout"),
        ),
        changed("Canary: a second owner of the host", resource, set("spec.service.delegation", undefined), [
            "shop/VirtualService/payments-root",
        ]),
    ];
}

function ofPolicies(resource: EvaluatedResource): Mutation[] {
    if (kindOf(resource) !== "AuthorizationPolicy") return [];
    const { name } = meta(resource);
    const operation = "spec.rules.*.to.*.operation";
    if (name === "no-admin") {
        return [
            ...everywhere("DENY: ports dropped", resource, operation, drop("ports")),
            ...everywhere("DENY: HTTP fields for a TCP port", resource, operation, put("ports", ["9000"])),
            changed("DENY: only tried", resource, (properties) => {
                (properties["metadata"] as Props)["annotations"] = { "istio.io/dry-run": "true" };
            }),
        ];
    }
    if (name !== "ledger-from-web") return [];
    return everywhere("ALLOW: HTTP fields for a TCP port", resource, operation, put("methods", ["GET"]));
}

/** Flagger changes the label `app` of the primary's pods. */
function ofSelectors(resource: EvaluatedResource): Mutation[] {
    const renamed = { app: "payments" };
    return [
        ...everywhere("selector: by what Flagger renames", resource, "spec.selector", (selector) =>
            put("matchLabels", renamed, Boolean)(selector),
        ),
        ...everywhere(
            "selector: by what Flagger renames",
            resource,
            "spec.podSelector",
            put("matchLabels", renamed, Boolean),
        ),
    ];
}

function ofPartner(resource: EvaluatedResource): Mutation[] {
    const { name } = meta(resource);
    if (name !== "partner") return [];
    if (kindOf(resource) === "VirtualService") {
        return [
            removed("the team's route through the egress gateway removed", resource, [
                "shop/ServiceEntry/partner",
            ]),
        ];
    }
    return [
        changed(
            "a partner's domain widened to any domain",
            resource,
            set("spec.hosts", ["*.partner.example.com", "*.com"]),
        ),
        changed(
            "a partner's domain on a TCP port",
            resource,
            set("spec.ports", [{ number: 5432, name: "tcp", protocol: "TCP" }]),
        ),
        changed("a partner's whole network", resource, set("spec.addresses", ["10.0.0.0/8"])),
    ];
}
