/** Rollouts that cannot fail, or that external webhooks decide. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, type Mutation, nodes, type Props } from "../model";
import { everywhere, put, set } from "./edit";

export function ofCanaries(resource: EvaluatedResource): Mutation[] {
    const change = (kind: string, path: string, value: unknown): Mutation =>
        changed(`Canary: ${kind}`, resource, set(path, value));
    return [
        change("a hundred thousand failures", "spec.analysis.threshold", 100_000),
        change("a check every second", "spec.analysis.interval", "1s"),
        change("all at the first step", "spec.analysis.stepWeights", [100]),
        change("no mesh", "spec.provider", "kubernetes"),
        change("plaintext to its versions", "spec.service.trafficPolicy", { tls: { mode: "DISABLE" } }),
        change("a webhook to an external host", "spec.analysis.webhooks", [
            ...((nodes(resource.properties, "spec.analysis")[0]?.["webhooks"] as object[] | undefined) ?? []),
            { name: "x", type: "rollout", url: "https://drop.example.net/" },
        ]),
        ...everywhere(
            "Canary: a metric that cannot fail",
            resource,
            "spec.analysis.metrics.*",
            put("thresholdRange", { min: 0 }),
        ),
        ...everywhere(
            "Canary: a metric that cannot fail",
            resource,
            "spec.analysis.metrics.*",
            put("thresholdRange", { max: 1e9 }),
        ),
        changed("Canary: at the public gateway", resource, (p) => {
            const service = (p["spec"] as Props)["service"] as Props;
            service["delegation"] = false;
            service["gateways"] = ["istio-ingress/public"];
            service["hosts"] = ["new.sparc.example.com"];
        }),
    ];
}
