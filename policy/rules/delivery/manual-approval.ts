import { CANARY, targetOf } from "../../core/canary";
import { at, list, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

interface Config {
    readonly critical: readonly string[];
}

/** The gate before full promotion: the other gates are passed once the metrics are good. */
const GATE = "confirm-promotion";

export const manualApproval = objectRule<Config>({
    name: "delivery-manual-approval",
    area: "delivery",
    title: "Critical services are promoted only after manual approval",
    severity: "high",
    why: "metrics do not show every defect, such as a wrong invoice, so a person must check the version before it serves all tenants",
    remediation:
        "Add a webhook of type confirm-promotion to the Canary's analysis. The other gate types run before the analysis has finished.",
    appliesTo: [CANARY],
    defaults: { critical: [] },
    schema: {
        critical: {
            type: "array",
            items: { type: "string" },
            description: "<namespace>/<target> of services whose promotion needs approval",
        },
    },
    examples: {
        noncompliant: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: payments, namespace: critical }
spec: { targetRef: { kind: Deployment, name: payments }, analysis: { interval: 1m, threshold: 5, iterations: 5, webhooks: [{ name: approve, type: confirm-rollout, url: "http://gate.shop/check" }] } }
`,
        compliant: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: payments, namespace: critical }
spec: { targetRef: { kind: Deployment, name: payments }, analysis: { interval: 1m, threshold: 5, iterations: 5, webhooks: [{ name: approve, type: confirm-promotion, url: "http://gate.shop/check" }] } }
`,
    },
    *evaluate(subject, { critical }) {
        if (subject.isPatch || !critical.includes(`${subject.namespace}/${targetOf(subject)}`)) return;
        const webhooks = [
            ...list(at(subject.spec, "analysis", "webhooks")),
            ...list(at(subject.spec, "canaryAnalysis", "webhooks")),
        ];
        if (webhooks.some((webhook) => textAt(webhook, "type") === GATE)) return;
        yield {
            subject,
            problem: `${targetOf(subject)} is critical, and its analysis has no approval gate before promotion`,
            fix: `add a webhook of type ${GATE}.`,
        };
    },
});
