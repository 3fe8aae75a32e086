import {
    actionOf,
    type AuthorizationRule,
    AUTHORIZATION,
    hasTargetRef,
    rulesOf,
    selectorOf,
} from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { servicesBehind } from "../../core/protocols";
import { at, labelsAt, list, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

type Labels = Readonly<Record<string, string>>;

/** Ports of Istio's agent in every pod, for metrics and health: they serve the same everywhere. */
const AGENT_PORTS: ReadonlySet<string> = new Set(["15020", "15021", "15090"]);

/** Labels that injection adds to every pod. */
const INJECTED_LABELS =
    /^(istio\.io\/rev|sidecar\.istio\.io\/inject|security\.istio\.io\/tlsMode|service\.istio\.io\/canonical-revision|topology\.istio\.io\/.*|networking\.istio\.io\/tunnel)$/;

export const oneWorkload = stackRule<WithExceptions>({
    name: "access-one-workload",
    area: "access",
    title: "Every ALLOW selects one workload",
    severity: "critical",
    why: "an ALLOW without a selector opens every workload of its namespace to its callers, and in the root namespace every workload of the mesh",
    remediation:
        "Select the workload that the callers need by its labels. Only the ports of Istio's agent (15020, 15021, 15090) are the same in every pod.",
    appliesTo: [AUTHORIZATION, "core/Service", "networking.istio.io/Gateway"],
    defaults: NO_EXCEPTIONS,
    schema: {
        exceptions: {
            ...EXCEPTIONS_SCHEMA,
            description: "policies, and their ports, that may select every pod of a namespace",
        },
    },
    examples: {
        noncompliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: from-web, namespace: shop }
spec:
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["8080"], methods: [GET], paths: [/carts] } }]
`,
        compliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: metrics-from-prometheus, namespace: shop }
spec:
  rules:
    - from: [{ source: { principals: [cluster.local/ns/monitoring/sa/prometheus] } }]
      to: [{ operation: { ports: ["15020"], methods: [GET], paths: [/stats/prometheus] } }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: carts-from-web, namespace: shop }
spec:
  selector: { matchLabels: { app: carts } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["8080"], methods: [GET], paths: [/carts] } }]
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all(AUTHORIZATION), function* (subject) {
            if (subject.isPatch || actionOf(subject) !== "ALLOW") return;
            const width = widthOf(stack, subject);
            if (width === undefined) return;
            const isAlike = (port: string): boolean =>
                AGENT_PORTS.has(port) || isExcepted(config, subject, Number(port));
            const rule = rulesOf(subject).find((one) => !portsOfRule(one)?.every(isAlike));
            if (rule === undefined) return;
            yield {
                subject,
                problem: `${width}, and ${rule.path} allows more than the ports of Istio's agent`,
                fix: "select the workload that the callers need by a label that only its pods have.",
            };
        });
    },
});

/** Why a policy applies to more than one workload; undefined if it does not. */
function widthOf(stack: StackResources, policy: Subject): string | undefined {
    const where = stack.rootNamespaces.includes(policy.namespace)
        ? "every namespace of the mesh"
        : policy.namespace;
    if (hasTargetRef(policy)) {
        const targets = [at(policy.spec, "targetRef"), ...list(policy.spec["targetRefs"])];
        const ofClass = targets.find((target) => textAt(target, "kind") === "GatewayClass");
        return ofClass === undefined
            ? undefined
            : `spec.targetRefs has the GatewayClass ${textAt(ofClass, "name") ?? ""}, which includes every gateway of that class`;
    }
    const selector = selectorOf(policy);
    const selectorLabels = Object.keys(selector).filter((label) => !INJECTED_LABELS.test(label));
    if (selectorLabels.length === 0) {
        return Object.keys(selector).length === 0
            ? `it selects every workload of ${where}`
            : `spec.selector only requires ${Object.keys(selector).join(" and ")}, which every injected pod of ${where} has`;
    }
    const [first, second] = differentServices(servicesBehind(stack, policy.namespace, selector));
    return first === undefined || second === undefined
        ? undefined
        : `spec.selector matches the pods of both ${first.key} and ${second.key}`;
}

/** Two Services that cannot have the same pods: they require different values of a label. */
function differentServices(services: readonly Subject[]): readonly Subject[] {
    const selectorOfService = ({ spec }: Subject): Labels => labelsAt(spec, "selector");
    for (const [index, first] of services.entries()) {
        const selectorLabels = selectorOfService(first);
        const second = services.slice(index + 1).find((other) => {
            if (other.namespace !== first.namespace) return true;
            return Object.entries(selectorOfService(other)).some(
                ([label, value]) => label in selectorLabels && selectorLabels[label] !== value,
            );
        });
        if (second !== undefined) return [first, second];
    }
    return [];
}

/** The ports of a rule; undefined if it applies to all ports. */
function portsOfRule({ operations }: AuthorizationRule): readonly string[] | undefined {
    const ports = operations.map(({ fields }) => texts(fields["ports"]));
    return ports.length === 0 || ports.some((one) => one.length === 0) ? undefined : ports.flat();
}
