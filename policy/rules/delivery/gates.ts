import { CANARY, targetOf } from "../../core/canary";
import { at, list, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

interface Config {
    readonly critical: readonly string[];
}

/** The one gate that stands before all get the version: the others let it through once its figures are good. */
const GATE = "confirm-promotion";

export const gates = objectRule<Config>({
    name: "delivery-gates",
    area: "delivery",
    title: "Critical services are promoted by a person",
    severity: "high",
    why: "what metrics cannot tell, such as a wrong invoice, only a person sees before all tenants do",
    remedy: "Add a webhook of type confirm-promotion to the Canary's analysis; the other gates ask before that and not again.",
    judges: [CANARY],
    defaults: { critical: [] },
    schema: {
        critical: {
            type: "array",
            items: { type: "string" },
            description: "<namespace>/<target> of the services whose promotion somebody confirms",
        },
    },
    examples: {
        refused: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: payments, namespace: critical }
spec: { targetRef: { kind: Deployment, name: payments }, analysis: { interval: 1m, threshold: 5, iterations: 5, webhooks: [{ name: approve, type: confirm-rollout, url: "http://gate.shop/check" }] } }
`,
        accepted: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: payments, namespace: critical }
spec: { targetRef: { kind: Deployment, name: payments }, analysis: { interval: 1m, threshold: 5, iterations: 5, webhooks: [{ name: approve, type: confirm-promotion, url: "http://gate.shop/check" }] } }
`,
    },
    *judge(subject, { critical }) {
        if (subject.isPatch || !critical.includes(`${subject.namespace}/${targetOf(subject)}`)) return;
        const webhooks = [
            ...list(at(subject.spec, "analysis", "webhooks")),
            ...list(at(subject.spec, "canaryAnalysis", "webhooks")),
        ];
        if (webhooks.some((webhook) => textAt(webhook, "type") === GATE)) return;
        yield {
            subject,
            wrong: `${targetOf(subject)} is critical, and no webhook of its analysis asks anybody before it is promoted`,
            fix: `add one of type ${GATE}.`,
        };
    },
});
