import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { dnsName } from "../../core/hosts";
import { at, labelsAt, list, isNonEmpty, selects, textAt, texts } from "../../core/read";
import { each, type Violations, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { podOf, WORKLOADS } from "../../core/workload";
import { type StackResources } from "../../core/stack-resources";

const SIDECAR = "networking.istio.io/Sidecar";

interface Config extends WithExceptions {
    readonly wideHosts: readonly string[];
}

export const sidecarScope = stackRule<Config>({
    name: "egress-sidecar-scope",
    area: "egress",
    title: "Every workload has a Sidecar that is limited to the hosts it calls",
    severity: "high",
    why: "without a Sidecar a workload can send requests to every host of the mesh, and every proxy holds the configuration of the whole mesh",
    remediation:
        "Create a Sidecar without a selector in each namespace with no hosts (~/*), and one for each workload with the hosts that it calls.",
    appliesTo: [SIDECAR, "core/Service", ...WORKLOADS],
    defaults: { ...NO_EXCEPTIONS, wideHosts: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        wideHosts: {
            type: "array",
            description: "whole namespaces that a Sidecar may include, such as ./* and istio-system/*",
            items: { type: "string", pattern: "^(\\.|[a-z0-9]([-a-z0-9]*[a-z0-9])?)/\\*$" },
        },
    },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
        compliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec: { egress: [{ hosts: ["~/*"] }] }
`,
    },
    *evaluateStack(stack, config) {
        const registered = new Set(
            stack.collect(
                "hosts of ServiceEntries",
                stack.all("networking.istio.io/ServiceEntry"),
                ({ spec }) => texts(spec["hosts"]),
            ),
        );
        yield* each(stack.all(SIDECAR), function* (subject) {
            if (isExcepted(config, subject)) return;
            const wide = hostsOf(subject).find(
                (host) => isWide(host, registered) && !config.wideHosts.includes(host),
            );
            if (hostsOf(subject).length === 0) {
                yield {
                    subject,
                    problem:
                        "spec.egress has no hosts, so its workloads can reach all hosts that are exported to them",
                    fix: 'list the hosts that they call, or "~/*" for none.',
                };
            } else if (wide !== undefined) {
                yield {
                    subject,
                    problem: `spec.egress has ${JSON.stringify(wide)}, which includes more hosts than its workloads call`,
                    fix: "list the hosts that they call as <namespace>/<host>.",
                };
            }
        });
        yield* each(stack.all(SIDECAR), function* (subject) {
            if (!isExcepted(config, subject)) yield* evaluateListeners(subject);
        });
        const callers = [...stack.all("core/Service"), ...stack.all(...WORKLOADS)];
        yield* each(callers, function* (subject) {
            if (!stack.isMeshed(subject.namespace) || isExcepted(config, subject)) return;
            const labels = labelsOf(subject);
            if (labels === undefined || stack.gatewaysOf(labels).length > 0) return;
            if (hasScope(stack, subject.namespace, labels)) return;
            yield {
                subject,
                problem: `no Sidecar of ${subject.namespace} selects its pods or the whole namespace`,
                fix: `create a Sidecar in ${subject.namespace} without a workloadSelector and with "~/*" as its only host, and one for each workload that calls other services.`,
            };
        });
    },
});

/** Custom listeners of a Sidecar, which replace those that Istio creates for the workload's ports. */
function* evaluateListeners(subject: Subject): Violations {
    for (const direction of ["egress", "ingress"]) {
        for (const [index, listener] of list(subject.spec[direction]).entries()) {
            const path = `spec.${direction}[${index}]`;
            if (textAt(listener, "captureMode") === "NONE") {
                yield {
                    subject,
                    problem: `${path}.captureMode is NONE, so that traffic bypasses the sidecar`,
                    fix: "remove it.",
                };
            }
            if (direction === "ingress" && isNonEmpty(at(listener, "tls"))) {
                yield {
                    subject,
                    problem: `${path}.tls makes the sidecar terminate TLS with another certificate, so its clients do not authenticate with mesh certificates`,
                    fix: "remove it, so that the mesh's mutual TLS applies to the port.",
                };
            }
            const endpoint = textAt(listener, "defaultEndpoint") ?? "";
            if (direction !== "ingress" || !PROXY_PORTS.test(endpoint)) continue;
            yield {
                subject,
                problem: `${path}.defaultEndpoint is ${endpoint}, a port of the proxy itself`,
                fix: "use the port of the application.",
            };
        }
    }
}

/** Ports of Envoy and of Istio's agent: https://istio.io/latest/docs/ops/deployment/application-requirements/ */
const PROXY_PORTS = /:(15000|15001|15004|15006|15008|15020|15021|15053|15090)$/;

/** Whether a Sidecar's host matches more than one registered host. */
function isWide(host: string, registered: ReadonlySet<string>): boolean {
    if (host.startsWith("~/")) return false;
    const name = dnsName(host);
    return host.startsWith("*/") || (name.includes("*") && !registered.has(name));
}

function hostsOf({ spec }: Subject): readonly string[] {
    return list(spec["egress"]).flatMap((listener) => texts(at(listener, "hosts")));
}

/** The pod labels of a workload, or the selector of a Service; undefined for a Service without pods. */
function labelsOf(subject: Subject): Readonly<Record<string, string>> | undefined {
    if (subject.id !== "core/Service") return podOf(subject).labels;
    const selector = labelsAt(subject.spec, "selector");
    return isNonEmpty(selector) ? selector : undefined;
}

function hasScope(
    stack: StackResources,
    namespace: string,
    labels: Readonly<Record<string, string>>,
): boolean {
    const selectorOf = ({ spec }: Subject): Readonly<Record<string, string>> =>
        labelsAt(spec, "workloadSelector", "labels");
    return (
        stack.has(namespace, [SIDECAR], (sidecar) => selects(selectorOf(sidecar), labels)) ||
        stack.rootNamespaces.every((root) =>
            stack.has(root, [SIDECAR], (sidecar) => !isNonEmpty(selectorOf(sidecar))),
        )
    );
}
