import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { canonical, isClusterHost } from "../../core/hosts";
import { labelsAt, says, textAt, texts } from "../../core/read";
import { each, type Findings, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

const SERVICE_ENTRY = "networking.istio.io/ServiceEntry";

export const ownNames = stackRule<WithExceptions>({
    name: "egress-own-names",
    area: "egress",
    title: "A name leads to one party: no ServiceEntry or Service takes another's",
    severity: "high",
    why: "who registers a name a second time gets a share of its callers' requests, or all of them, and their identity checks vouch for it",
    remedy: "Register hosts outside once, leave Services' names to Services, and have each Service select its own pods.",
    judges: [SERVICE_ENTRY, "core/Service", "networking.istio.io/DestinationRule"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: auth, namespace: shop }
spec: { hosts: [auth.shop.svc.cluster.local], exportTo: ["."], location: MESH_INTERNAL, resolution: STATIC, workloadSelector: { labels: { app: other } }, ports: [{ number: 8080, name: http, protocol: HTTP }] }
---
apiVersion: v1
kind: Service
metadata: { name: reports, namespace: shop }
spec: { selector: { app: reports }, ports: [{ name: http, port: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: auth, namespace: shop }
spec: { selector: { app: reports }, ports: [{ name: http, port: 8080 }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: mail, namespace: shop }
spec: { hosts: [smtp.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 465, name: tls, protocol: TLS }] }
---
apiVersion: v1
kind: Service
metadata: { name: reports, namespace: shop }
spec: { selector: { app: reports }, ports: [{ name: http, port: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: reports-headless, namespace: shop }
spec: { clusterIP: None, selector: { app: reports }, ports: [{ name: http, port: 8080 }] }
`,
    },
    *judgeStack(world, config) {
        const owners = new Map<string, Subject>();
        yield* each(world.all(SERVICE_ENTRY), function* (subject) {
            if (subject.isPatch || isExcepted(config, subject)) return;
            for (const host of texts(subject.spec["hosts"])) {
                if (isClusterHost(host)) {
                    yield {
                        subject,
                        wrong: `spec.hosts has ${host}, a name of the cluster's own Services`,
                        fix: "remove it; a Service says by its selector which pods answer for it.",
                    };
                    continue;
                }
                const other = owners.get(host.toLowerCase());
                owners.set(host.toLowerCase(), other ?? subject);
                if (other === undefined || !areTogether(other, subject)) continue;
                yield {
                    subject,
                    wrong: `spec.hosts has ${host}, which ${other.key} registers already`,
                    fix: "make one object of the two.",
                };
            }
        });
        yield* each(world.all("core/Service"), (subject) => judgeService(world, subject, config));
        yield* each(world.all("networking.istio.io/DestinationRule"), function* (subject) {
            if (subject.isPatch || isExcepted(config, subject)) return;
            const host = canonical(textAt(subject.spec, "host") ?? "", subject.namespace);
            const home = /^[^.]+\.([^.]+)\.svc\.cluster\.local$/.exec(host)?.[1];
            const told = texts(subject.spec["exportTo"]).find(
                (to) => to !== "." && to !== subject.namespace && to !== "*",
            );
            if (home === undefined || home === subject.namespace || told === undefined) return;
            yield {
                subject,
                wrong: `it is for ${host}, a Service of another namespace, and spec.exportTo has ${told}, whose sidecars then take its settings for that Service's own`,
                fix: 'set exportTo to ["."], or write the rule in the namespace of the Service.',
            };
        });
    },
});

/** Whether two ServiceEntries may be seen by the same namespace. */
function areTogether(one: Subject, other: Subject): boolean {
    const seenBy = ({ spec, namespace }: Subject): readonly string[] => {
        const told = texts(spec["exportTo"]);
        return told.length === 0 ? ["*"] : told.map((to) => (to === "." ? namespace : to));
    };
    const first = seenBy(one);
    const second = seenBy(other);
    return (
        first.includes("*") || second.includes("*") || first.some((namespace) => second.includes(namespace))
    );
}

/** A Service that selects the pods of another: of one whose name its selector bears, and that its own name does not. */
function* judgeService(world: World, subject: Subject, config: WithExceptions): Findings {
    if (subject.isPatch || isExcepted(config, subject)) return;
    const selector = labelsAt(subject.spec, "selector");
    if (!says(selector)) return;
    const other = world.within(subject.namespace, "core/Service").find((service) => {
        const theirs = labelsAt(service.spec, "selector");
        return (
            service !== subject &&
            !subject.name.includes(service.name) &&
            Object.entries(selector).some(
                ([label, value]) => value === service.name && theirs[label] === value,
            )
        );
    });
    if (other === undefined) return;
    yield {
        subject,
        wrong: `spec.selector finds the pods of ${other.key}, which then answer for ${subject.name}`,
        fix: `select the pods of ${subject.name}; where both are the same pods, list the Service under this policy's exceptions.`,
    };
}
