import { CANARY, apexOf } from "../../core/canary";
import { canonical } from "../../core/hosts";
import { at, says, textAt, texts } from "../../core/read";
import { each, type Findings, stackRule } from "../../core/rule";
import { routeMatches } from "../../core/routes";
import { type Subject } from "../../core/subject";

const VIRTUAL_SERVICE = "networking.istio.io/VirtualService";

interface Config {
    readonly splitByPath: boolean;
}

export const oneOwner = stackRule<Config>({
    name: "delivery-one-owner",
    area: "delivery",
    title: "Every host has one owner: one VirtualService at each gateway, and Flagger's alone where it rolls out",
    severity: "high",
    why: "two owners undo each other's routes, and Istio takes whichever is older: traffic jumps during a rollout",
    remedy: "Keep one VirtualService for a host. Above Flagger's own, write a root that delegates, and set service.delegation on the Canary.",
    judges: [VIRTUAL_SERVICE, "networking.istio.io/DestinationRule", CANARY],
    defaults: { splitByPath: true },
    schema: {
        splitByPath: {
            type: "boolean",
            description:
                "VirtualServices may share a host at a gateway, which Istio merges, where no two routes match alike",
        },
    },
    examples: {
        refused: `
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
        accepted: `
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
    *judgeStack(world, { splitByPath }) {
        const services = world.all(VIRTUAL_SERVICE).filter(({ isPatch }) => !isPatch);
        const owners = new Map<string, Subject[]>();
        yield* each(services, function* (subject) {
            if (takesAll(subject)) {
                yield {
                    subject,
                    wrong: 'spec.hosts has "*" for the gateway `mesh`: every request between services goes by it',
                    fix: "name the hosts that it is for.",
                };
            }
            yield* judgeAbroad(subject);
            for (const place of placesOf(subject)) {
                const others = owners.get(place) ?? [];
                owners.set(place, [...others, subject]);
                const mayShare = splitByPath && !isAtMesh(place);
                const other = others.find((one) => !mayShare || matchAlike(one, subject));
                if (other !== undefined) yield twice(subject, other, place);
            }
        });
        const rules = new Map<string, Subject>();
        yield* each(world.all("networking.istio.io/DestinationRule"), function* (subject) {
            if (subject.isPatch || says(subject.spec["workloadSelector"])) return;
            const host = canonical(textAt(subject.spec, "host") ?? "", subject.namespace);
            const place = `${host} in ${subject.namespace}`;
            const other = rules.get(place);
            if (other === undefined) rules.set(place, subject);
            else yield twice(subject, other, place);
        });
        const theirs = {
            services: world.ask("hosts inside the mesh", services, (subject) => [
                { subject, namespace: subject.namespace, hosts: meshHostsOf(subject) },
            ]),
            rules: world.all("networking.istio.io/DestinationRule").filter(({ isPlaced }) => isPlaced),
        };
        yield* each(world.all(CANARY), (canary) => judgeCanary(canary, theirs));
    },
});

/** Whether it stands in the way of whatever any sidecar asks for. */
function takesAll(subject: Subject): boolean {
    return texts(subject.spec["hosts"]).includes("*") && gatewaysOf(subject).includes("mesh");
}

/** A route for a Service of another namespace is for its own namespace's sidecars: for others', whose host is it? */
function* judgeAbroad(subject: Subject): Findings {
    const { namespace } = subject;
    const abroad = meshHostsOf(subject).find((host) => {
        const home = HOME.exec(host)?.[1];
        return home !== undefined && home !== namespace;
    });
    const told = texts(subject.spec["exportTo"]).filter((to) => to !== "." && to !== namespace && to !== "*");
    if (abroad === undefined || told[0] === undefined) return;
    yield {
        subject,
        wrong: `it is for ${abroad}, a Service of another namespace, and spec.exportTo has ${told[0]}, whose sidecars then take its route for that Service's own`,
        fix: 'set exportTo to ["."], or write the route in the namespace of the Service.',
    };
}

/** The namespace of a Service, in its name in full. */
const HOME = /^[^.]+\.([^.]+)\.svc\.cluster\.local$/;

/** Where a VirtualService holds: for the sidecars, where it names no gateway. */
function gatewaysOf({ spec }: Subject): readonly string[] {
    return says(spec["gateways"]) ? texts(spec["gateways"]) : ["mesh"];
}

function twice(
    subject: Subject,
    other: Subject,
    place: string,
): { subject: Subject; wrong: string; fix: string } {
    return {
        subject,
        wrong: `it is for ${place}, for which ${other.key} is already`,
        fix: "make one object of the two.",
    };
}

/** Each host at each gateway. What is delegated to has no hosts. */
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

/** Sidecars take one VirtualService for a host; gateways merge all ("Split large virtual services" of Istio's best practices). */
function isAtMesh(place: string): boolean {
    return place.includes(` at ${MESH}`);
}

/** Whether a request can be for routes of both, so that the older of the two takes it. */
function matchAlike(one: Subject, other: Subject): boolean {
    const taken = new Set(routeMatches(one));
    return routeMatches(other).some((match) => taken.has(match));
}

/** The hosts that a VirtualService has for the sidecars, in full. */
function meshHostsOf(subject: Subject): readonly string[] {
    if (!gatewaysOf(subject).includes("mesh")) return [];
    return texts(subject.spec["hosts"]).map((host) => canonical(host, subject.namespace));
}

interface Owned {
    readonly services: readonly { subject: Subject; namespace: string; hosts: readonly string[] }[];
    readonly rules: readonly Subject[];
}

function* judgeCanary(canary: Subject, { services, rules }: Owned): Findings {
    const apex = apexOf(canary);
    const { namespace } = canary;
    const full = `${apex}.${namespace}.svc.cluster.local`;
    const delegates = at(canary.spec, "service", "delegation") === true;
    for (const { subject, namespace: home, hosts } of services) {
        const isFlaggers = home === namespace && subject.name === apex;
        const isSameHost = hosts.includes(full);
        if (!isFlaggers && !(isSameHost && !delegates)) continue;
        yield {
            subject,
            wrong: isFlaggers
                ? `its name is that of the VirtualService which Flagger writes for ${canary.key}`
                : `it is for ${full}, whose VirtualService Flagger writes for ${canary.key}`,
            fix: "remove it; or name it otherwise, let it delegate, and set spec.service.delegation of the Canary.",
        };
    }
    for (const subject of rules) {
        if (subject.namespace !== namespace || ![`${apex}-primary`, `${apex}-canary`].includes(subject.name))
            continue;
        yield {
            subject,
            wrong: `its name is that of a DestinationRule which Flagger writes for ${canary.key}`,
            fix: "remove it, and put its trafficPolicy into spec.service.trafficPolicy of the Canary.",
        };
    }
}
