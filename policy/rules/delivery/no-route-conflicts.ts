import { CANARY, apexOf } from "../../core/canary";
import { canonical } from "../../core/hosts";
import { at, isNonEmpty, textAt, texts } from "../../core/read";
import { each, type Violations, stackRule } from "../../core/rule";
import { routeMatches } from "../../core/routes";
import { type Subject } from "../../core/subject";

const VIRTUAL_SERVICE = "networking.istio.io/VirtualService";

interface Config {
    readonly splitByPath: boolean;
}

export const noRouteConflicts = stackRule<Config>({
    name: "delivery-no-route-conflicts",
    area: "delivery",
    title: "Every host has one VirtualService per gateway, and Flagger's alone during rollouts",
    severity: "high",
    why: "with two VirtualServices or DestinationRules for a host, Istio uses the older one, and a rollout no longer controls the traffic",
    remediation:
        "Keep one VirtualService for a host. For a VirtualService above Flagger's, write a root that delegates, and set service.delegation in the Canary.",
    appliesTo: [VIRTUAL_SERVICE, "networking.istio.io/DestinationRule", CANARY],
    defaults: { splitByPath: true },
    schema: {
        splitByPath: {
            type: "boolean",
            description:
                "VirtualServices may share a host at a gateway, where Istio merges them, unless two routes have the same match",
        },
    },
    examples: {
        noncompliant: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: carts, namespace: shop }
spec: { targetRef: { kind: Deployment, name: carts }, service: { port: 8080 } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: mine, namespace: shop }
spec: { hosts: [carts], exportTo: ["."], http: [{ timeout: 1s, route: [{ destination: { host: carts } }] }] }
`,
        compliant: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: carts, namespace: shop }
spec: { targetRef: { kind: Deployment, name: carts }, service: { port: 8080, delegation: true } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts-root, namespace: shop }
spec: { hosts: [carts], exportTo: ["."], http: [{ delegate: { name: carts, namespace: shop } }] }
`,
    },
    *evaluateStack(stack, { splitByPath }) {
        const services = stack.all(VIRTUAL_SERVICE).filter(({ isPatch }) => !isPatch);
        const owners = new Map<string, Subject[]>();
        yield* each(services, function* (subject) {
            if (matchesAllHosts(subject)) {
                yield {
                    subject,
                    problem:
                        'spec.hosts has "*" for the gateway `mesh`, so it applies to every request between services',
                    fix: "list the hosts that it applies to.",
                };
            }
            yield* evaluateForeignHosts(subject);
            for (const place of placesOf(subject)) {
                const others = owners.get(place) ?? [];
                owners.set(place, [...others, subject]);
                const mayShare = splitByPath && !isAtMesh(place);
                const other = others.find((one) => !mayShare || haveSameMatch(one, subject));
                if (other !== undefined) yield duplicate(subject, other, place);
            }
        });
        const rules = new Map<string, Subject>();
        yield* each(stack.all("networking.istio.io/DestinationRule"), function* (subject) {
            if (subject.isPatch || isNonEmpty(subject.spec["workloadSelector"])) return;
            const host = canonical(textAt(subject.spec, "host") ?? "", subject.namespace);
            const place = `${host} in ${subject.namespace}`;
            const other = rules.get(place);
            if (other === undefined) rules.set(place, subject);
            else yield duplicate(subject, other, place);
        });
        const owned = {
            services: stack.collect("hosts inside the mesh", services, (subject) => [
                { subject, namespace: subject.namespace, hosts: meshHostsOf(subject) },
            ]),
            rules: stack
                .all("networking.istio.io/DestinationRule")
                .filter(({ hasKnownNamespace }) => hasKnownNamespace),
        };
        yield* each(stack.all(CANARY), (canary) => evaluateCanary(canary, owned));
    },
});

/** Whether it applies to every request of every sidecar. */
function matchesAllHosts(subject: Subject): boolean {
    return texts(subject.spec["hosts"]).includes("*") && gatewaysOf(subject).includes("mesh");
}

/** A route for a Service of another namespace may only apply to the sidecars of the route's namespace. */
function* evaluateForeignHosts(subject: Subject): Violations {
    const { namespace } = subject;
    const foreignHost = meshHostsOf(subject).find((host) => {
        const home = HOME.exec(host)?.[1];
        return home !== undefined && home !== namespace;
    });
    const exportedTo = texts(subject.spec["exportTo"]).filter(
        (to) => to !== "." && to !== namespace && to !== "*",
    );
    if (foreignHost === undefined || exportedTo[0] === undefined) return;
    yield {
        subject,
        problem: `it applies to ${foreignHost}, a Service of another namespace, and spec.exportTo has ${exportedTo[0]}, whose sidecars then use this route for the Service`,
        fix: 'set exportTo to ["."], or create the route in the namespace of the Service.',
    };
}

/** The namespace in the fully qualified host of a Service. */
const HOME = /^[^.]+\.([^.]+)\.svc\.cluster\.local$/;

/** The gateways of a VirtualService; `mesh` for sidecars if it lists none. */
function gatewaysOf({ spec }: Subject): readonly string[] {
    return isNonEmpty(spec["gateways"]) ? texts(spec["gateways"]) : ["mesh"];
}

function duplicate(
    subject: Subject,
    other: Subject,
    place: string,
): { subject: Subject; problem: string; fix: string } {
    return {
        subject,
        problem: `it applies to ${place}, to which ${other.key} already applies`,
        fix: "merge both objects into one.",
    };
}

/** Each host at each gateway. A delegate has no hosts. */
function placesOf(subject: Subject): readonly string[] {
    const { spec, namespace } = subject;
    return texts(spec["hosts"]).flatMap((host) =>
        gatewaysOf(subject).map(
            (gateway) =>
                `${canonical(host, namespace)} at ${gateway === "mesh" ? `${MESH}${namespace}` : gateway}`,
        ),
    );
}

const MESH = "mesh of ";

/**
 * Sidecars use one VirtualService per host; gateways merge all of them ("Split large virtual services" in
 * Istio's best practices).
 */
function isAtMesh(place: string): boolean {
    return place.includes(` at ${MESH}`);
}

/** Whether a request can match routes of both, so that the older one wins. */
function haveSameMatch(one: Subject, other: Subject): boolean {
    const existingMatches = new Set(routeMatches(one));
    return routeMatches(other).some((match) => existingMatches.has(match));
}

/** The fully qualified hosts of a VirtualService for sidecars. */
function meshHostsOf(subject: Subject): readonly string[] {
    if (!gatewaysOf(subject).includes("mesh")) return [];
    return texts(subject.spec["hosts"]).map((host) => canonical(host, subject.namespace));
}

interface RoutingObjects {
    readonly services: readonly { subject: Subject; namespace: string; hosts: readonly string[] }[];
    readonly rules: readonly Subject[];
}

function* evaluateCanary(canary: Subject, { services, rules }: RoutingObjects): Violations {
    const apex = apexOf(canary);
    const { namespace } = canary;
    const full = `${apex}.${namespace}.svc.cluster.local`;
    const delegates = at(canary.spec, "service", "delegation") === true;
    for (const { subject, namespace: home, hosts } of services) {
        const isFlaggerName = home === namespace && subject.name === apex;
        const isSameHost = hosts.includes(full);
        if (!isFlaggerName && !(isSameHost && !delegates)) continue;
        yield {
            subject,
            problem: isFlaggerName
                ? `it has the name of the VirtualService that Flagger creates for ${canary.key}`
                : `it applies to ${full}, for which Flagger creates a VirtualService for ${canary.key}`,
            fix: "remove it; or rename it, add a delegate, and set spec.service.delegation in the Canary.",
        };
    }
    for (const subject of rules) {
        if (subject.namespace !== namespace || ![`${apex}-primary`, `${apex}-canary`].includes(subject.name))
            continue;
        yield {
            subject,
            problem: `it has the name of a DestinationRule that Flagger creates for ${canary.key}`,
            fix: "remove it, and move its trafficPolicy to spec.service.trafficPolicy of the Canary.",
        };
    }
}
