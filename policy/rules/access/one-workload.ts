import {
    actionOf,
    type AuthorizationRule,
    AUTHORIZATION,
    isTargeted,
    rulesOf,
    selectorOf,
} from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { servicesBehind } from "../../core/protocols";
import { at, labelsAt, list, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

type Labels = Readonly<Record<string, string>>;

/** Ports that Istio's agent has in every pod, for metrics and health: what they offer is the same everywhere. */
const OF_EVERY_PROXY: ReadonlySet<string> = new Set(["15020", "15021", "15090"]);

/** Labels that injection gives to pods whatever they run. */
const OF_EVERY_POD =
    /^(istio\.io\/rev|sidecar\.istio\.io\/inject|security\.istio\.io\/tlsMode|service\.istio\.io\/canonical-revision|topology\.istio\.io\/.*|networking\.istio\.io\/tunnel)$/;

export const oneWorkload = stackRule<WithExceptions>({
    name: "access-one-workload",
    area: "access",
    title: "An ALLOW holds for one workload",
    severity: "critical",
    why: "an ALLOW without a selector gives its callers every workload of the namespace, and in the root namespace every workload of the mesh",
    remedy: "Select the workload that the callers need by its labels. Only the ports of Istio's agent (15020, 15021, 15090) are alike in every pod.",
    judges: [AUTHORIZATION, "core/Service", "networking.istio.io/Gateway"],
    defaults: NO_EXCEPTIONS,
    schema: {
        exceptions: {
            ...EXCEPTIONS_SCHEMA,
            description: "policies, and their ports, that every pod of a namespace offers alike",
        },
    },
    examples: {
        refused: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: from-web, namespace: shop }
spec:
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["8080"], methods: [GET], paths: [/carts] } }]
`,
        accepted: `
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
    *judgeStack(world, config) {
        yield* each(world.all(AUTHORIZATION), function* (subject) {
            if (subject.isPatch || actionOf(subject) !== "ALLOW") return;
            const reach = reachOf(world, subject);
            if (reach === undefined) return;
            const isAlike = (port: string): boolean =>
                OF_EVERY_PROXY.has(port) || isExcepted(config, subject, Number(port));
            const rule = rulesOf(subject).find((one) => !portsOfRule(one)?.every(isAlike));
            if (rule === undefined) return;
            yield {
                subject,
                wrong: `${reach}, and ${rule.path} lets callers in to more than the ports of Istio's agent`,
                fix: "select the workload that the callers need by a label that only its pods have.",
            };
        });
    },
});

/** Why a policy holds for more than one workload; undefined where it does not. */
function reachOf(world: World, policy: Subject): string | undefined {
    const where = world.rootNamespaces.includes(policy.namespace)
        ? "every namespace of the mesh"
        : policy.namespace;
    if (isTargeted(policy)) {
        const targets = [at(policy.spec, "targetRef"), ...list(policy.spec["targetRefs"])];
        const ofClass = targets.find((target) => textAt(target, "kind") === "GatewayClass");
        return ofClass === undefined
            ? undefined
            : `spec.targetRefs has the GatewayClass ${textAt(ofClass, "name") ?? ""}, which is every gateway of that class`;
    }
    const selector = selectorOf(policy);
    const own = Object.keys(selector).filter((label) => !OF_EVERY_POD.test(label));
    if (own.length === 0) {
        return Object.keys(selector).length === 0
            ? `it selects every workload of ${where}`
            : `spec.selector asks for ${Object.keys(selector).join(" and ")} alone, which every injected pod of ${where} has`;
    }
    const [first, second] = unlike(servicesBehind(world, policy.namespace, selector));
    return first === undefined || second === undefined
        ? undefined
        : `spec.selector finds the pods of ${first.key} and of ${second.key}`;
}

/** Two Services whose pods cannot be the same ones: each asks for another value of some label. */
function unlike(services: readonly Subject[]): readonly Subject[] {
    const selectorOfService = ({ spec }: Subject): Labels => labelsAt(spec, "selector");
    for (const [index, first] of services.entries()) {
        const own = selectorOfService(first);
        const second = services.slice(index + 1).find((other) => {
            if (other.namespace !== first.namespace) return true;
            return Object.entries(selectorOfService(other)).some(
                ([label, value]) => label in own && own[label] !== value,
            );
        });
        if (second !== undefined) return [first, second];
    }
    return [];
}

/** The ports that a rule is for; undefined where it is for all of them. */
function portsOfRule({ operations }: AuthorizationRule): readonly string[] | undefined {
    const ports = operations.map(({ fields }) => texts(fields["ports"]));
    return ports.length === 0 || ports.some((one) => one.length === 0) ? undefined : ports.flat();
}
