import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { canonical, isClusterHost } from "../../core/hosts";
import { labelsAt, isNonEmpty, textAt, texts } from "../../core/read";
import { each, type Violations, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

const SERVICE_ENTRY = "networking.istio.io/ServiceEntry";

export const uniqueHosts = stackRule<WithExceptions>({
    name: "egress-unique-hosts",
    area: "egress",
    title: "Every host is registered once: no ServiceEntry or Service takes over another's host",
    severity: "high",
    why: "a second registration of a host receives some or all of its callers' requests, and passes their identity checks",
    remediation:
        "Register each external host once, do not use Service names in ServiceEntries, and let no two Services select the same pods.",
    appliesTo: [SERVICE_ENTRY, "core/Service", "networking.istio.io/DestinationRule"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
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
        compliant: `
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
    *evaluateStack(stack, config) {
        const owners = new Map<string, Subject>();
        yield* each(stack.all(SERVICE_ENTRY), function* (subject) {
            if (subject.isPatch || isExcepted(config, subject)) return;
            for (const host of texts(subject.spec["hosts"])) {
                if (isClusterHost(host)) {
                    yield {
                        subject,
                        problem: `spec.hosts has ${host}, which is the name of a Service in the cluster`,
                        fix: "remove it. A Service defines its endpoints by its selector.",
                    };
                    continue;
                }
                const other = owners.get(host.toLowerCase());
                owners.set(host.toLowerCase(), other ?? subject);
                if (other === undefined || !shareNamespace(other, subject)) continue;
                yield {
                    subject,
                    problem: `spec.hosts has ${host}, which ${other.key} already registers`,
                    fix: "merge both objects into one.",
                };
            }
        });
        yield* each(stack.all("core/Service"), (subject) => evaluateService(stack, subject, config));
        yield* each(stack.all("networking.istio.io/DestinationRule"), function* (subject) {
            if (subject.isPatch || isExcepted(config, subject)) return;
            const host = canonical(textAt(subject.spec, "host") ?? "", subject.namespace);
            const home = /^[^.]+\.([^.]+)\.svc\.cluster\.local$/.exec(host)?.[1];
            const exportedTo = texts(subject.spec["exportTo"]).find(
                (to) => to !== "." && to !== subject.namespace && to !== "*",
            );
            if (home === undefined || home === subject.namespace || exportedTo === undefined) return;
            yield {
                subject,
                problem: `it applies to ${host}, a Service of another namespace, and spec.exportTo has ${exportedTo}, whose sidecars then use these settings for the Service`,
                fix: 'set exportTo to ["."], or create the rule in the namespace of the Service.',
            };
        });
    },
});

/** Whether a namespace can see both ServiceEntries. */
function shareNamespace(one: Subject, other: Subject): boolean {
    const seenBy = ({ spec, namespace }: Subject): readonly string[] => {
        const exportedTo = texts(spec["exportTo"]);
        return exportedTo.length === 0 ? ["*"] : exportedTo.map((to) => (to === "." ? namespace : to));
    };
    const first = seenBy(one);
    const second = seenBy(other);
    return (
        first.includes("*") || second.includes("*") || first.some((namespace) => second.includes(namespace))
    );
}

/** Finds a Service that selects the pods of another one: the other's name is in its selector, and not in its name. */
function* evaluateService(stack: StackResources, subject: Subject, config: WithExceptions): Violations {
    if (subject.isPatch || isExcepted(config, subject)) return;
    const selector = labelsAt(subject.spec, "selector");
    if (!isNonEmpty(selector)) return;
    const other = stack.within(subject.namespace, "core/Service").find((service) => {
        const otherSelector = labelsAt(service.spec, "selector");
        return (
            service !== subject &&
            !subject.name.includes(service.name) &&
            Object.entries(selector).some(
                ([label, value]) => value === service.name && otherSelector[label] === value,
            )
        );
    });
    if (other === undefined) return;
    yield {
        subject,
        problem: `spec.selector matches the pods of ${other.key}, which then receive the requests for ${subject.name}`,
        fix: `select the pods of ${subject.name}. If both have the same pods, add the Service to this policy's exceptions.`,
    };
}
