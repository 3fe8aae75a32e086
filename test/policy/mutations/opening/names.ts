/** Redirected names, addresses and identities. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, meta, type Mutation, type Props } from "../model";
import { everywhere, put, set } from "./edit";

export function ofEntries(resource: EvaluatedResource): Mutation[] {
    if (meta(resource).namespace !== "istio-egress") return [];
    const change = (kind: string, edit: (spec: Props) => void): Mutation =>
        changed(`ServiceEntry: ${kind}`, resource, (p) => {
            edit(p["spec"] as Props);
        });
    return [
        change("the client's original destination address", (spec) => (spec["resolution"] = "NONE")),
        change("other addresses", (spec) => {
            spec["resolution"] = "STATIC";
            spec["endpoints"] = [{ address: "203.0.113.66" }];
        }),
        change("the instance metadata service", (spec) => (spec["addresses"] = ["169.254.169.254"])),
        change(
            "many networks",
            (spec) =>
                (spec["addresses"] = Array.from({ length: 40 }, (_, index) => `${20 + index}.0.0.0/16`)),
        ),
        change("a Service's name", (spec) => {
            spec["hosts"] = ["auth.sparc.svc.cluster.local"];
            spec["location"] = "MESH_INTERNAL";
            spec["workloadSelector"] = { labels: { app: "x" } };
        }),
    ];
}

export function ofSidecars(resource: EvaluatedResource): Mutation[] {
    return [
        ...everywhere(
            "Sidecar: hosts by a wildcard of names",
            resource,
            "spec.egress.*",
            put("hosts", ["sparc/*.sparc.svc.cluster.local"]),
        ),
        changed(
            "Sidecar: custom TLS",
            resource,
            set("spec.ingress", [
                {
                    port: { number: 8080, protocol: "HTTPS", name: "https" },
                    defaultEndpoint: "127.0.0.1:8080",
                    tls: { mode: "SIMPLE" },
                },
            ]),
        ),
        changed(
            "Sidecar: exposes Envoy's admin interface",
            resource,
            set("spec.ingress", [
                {
                    port: { number: 8080, protocol: "HTTP", name: "http" },
                    defaultEndpoint: "127.0.0.1:15000",
                },
            ]),
        ),
    ];
}

export function ofDestinations(resource: EvaluatedResource): Mutation[] {
    const host = String((resource.properties["spec"] as Props)["host"]);
    const inside = host.endsWith(".svc.cluster.local")
        ? [
              changed(
                  "DestinationRule: other identities than the service's",
                  resource,
                  set("spec.trafficPolicy.tls", {
                      mode: "ISTIO_MUTUAL",
                      subjectAltNames: ["spiffe://cluster.local/ns/sparc/sa/reports"],
                  }),
              ),
          ]
        : [];
    return [
        ...inside,
        changed(
            "DestinationRule: a tunnel to an external host",
            resource,
            set("spec.trafficPolicy.tunnel", {
                protocol: "CONNECT",
                targetHost: "drop.example.net",
                targetPort: 443,
            }),
        ),
    ];
}
