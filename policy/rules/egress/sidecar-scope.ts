import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { dnsName } from "../../core/hosts";
import { at, labelsAt, list, says, selects, textAt, texts } from "../../core/read";
import { each, type Findings, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { podOf, WORKLOADS } from "../../core/workload";
import { type World } from "../../core/world";

const SIDECAR = "networking.istio.io/Sidecar";

interface Config extends WithExceptions {
    readonly wideHosts: readonly string[];
}

export const sidecarScope = stackRule<Config>({
    name: "egress-sidecar-scope",
    area: "egress",
    title: "Every workload's sidecar knows only what the workload calls",
    severity: "high",
    why: "without a Sidecar a workload may send to everything that the mesh knows, and every proxy carries all of the mesh's configuration",
    remedy: "Create a Sidecar without a selector in each namespace that knows nothing (~/*), and one for each workload with the hosts that it calls.",
    judges: [SIDECAR, "core/Service", ...WORKLOADS],
    defaults: { ...NO_EXCEPTIONS, wideHosts: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        wideHosts: {
            type: "array",
            description: "whole namespaces that a Sidecar may know, such as ./* and istio-system/*",
            items: { type: "string", pattern: "^(\\.|[a-z0-9]([-a-z0-9]*[a-z0-9])?)/\\*$" },
        },
    },
    examples: {
        refused: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
        accepted: `
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
    *judgeStack(world, config) {
        const registered = new Set(
            world.ask("hosts of ServiceEntries", world.all("networking.istio.io/ServiceEntry"), ({ spec }) =>
                texts(spec["hosts"]),
            ),
        );
        yield* each(world.all(SIDECAR), function* (subject) {
            if (isExcepted(config, subject)) return;
            const wide = hostsOf(subject).find(
                (host) => isWide(host, registered) && !config.wideHosts.includes(host),
            );
            if (hostsOf(subject).length === 0) {
                yield {
                    subject,
                    wrong: "spec.egress names no hosts, so its workloads know everything that is exported to them",
                    fix: 'list the hosts that they call, or "~/*" for none.',
                };
            } else if (wide !== undefined) {
                yield {
                    subject,
                    wrong: `spec.egress has ${JSON.stringify(wide)}, which is more than its workloads call`,
                    fix: "list the hosts that they call: <namespace>/<host>.",
                };
            }
        });
        yield* each(world.all(SIDECAR), function* (subject) {
            if (!isExcepted(config, subject)) yield* judgeListeners(subject);
        });
        const callers = [...world.all("core/Service"), ...world.all(...WORKLOADS)];
        yield* each(callers, function* (subject) {
            if (!world.isMeshed(subject.namespace) || isExcepted(config, subject)) return;
            const labels = labelsOf(subject);
            if (labels === undefined || world.gatewaysOf(labels).length > 0) return;
            if (hasScope(world, subject.namespace, labels)) return;
            yield {
                subject,
                wrong: `no Sidecar of ${subject.namespace} selects its pods or the whole namespace`,
                fix: `create a Sidecar in ${subject.namespace} without a workloadSelector whose only host is "~/*", and one for each workload that calls others.`,
            };
        });
    },
});

/** Listeners of a Sidecar's own, which take the place of what Istio makes of the workload's ports. */
function* judgeListeners(subject: Subject): Findings {
    for (const direction of ["egress", "ingress"]) {
        for (const [index, listener] of list(subject.spec[direction]).entries()) {
            const path = `spec.${direction}[${index}]`;
            if (textAt(listener, "captureMode") === "NONE") {
                yield {
                    subject,
                    wrong: `${path}.captureMode is NONE, so that traffic passes no sidecar unless the workload asks for it`,
                    fix: "remove it.",
                };
            }
            if (direction === "ingress" && says(at(listener, "tls"))) {
                yield {
                    subject,
                    wrong: `${path}.tls has the sidecar end TLS by a certificate of its own, so its clients show none of the mesh's`,
                    fix: "remove it: the mesh's mutual TLS holds for the port.",
                };
            }
            const endpoint = textAt(listener, "defaultEndpoint") ?? "";
            if (direction !== "ingress" || !OF_THE_PROXY.test(endpoint)) continue;
            yield {
                subject,
                wrong: `${path}.defaultEndpoint is ${endpoint}, a port of the proxy's own administration`,
                fix: "name the port that the application listens on.",
            };
        }
    }
}

/** Envoy's and its agent's own ports: https://istio.io/latest/docs/ops/deployment/application-requirements/ */
const OF_THE_PROXY = /:(15000|15001|15004|15006|15008|15020|15021|15053|15090)$/;

/** Whether a host of a Sidecar is more than one that is registered. */
function isWide(host: string, registered: ReadonlySet<string>): boolean {
    if (host.startsWith("~/")) return false;
    const name = dnsName(host);
    return host.startsWith("*/") || (name.includes("*") && !registered.has(name));
}

function hostsOf({ spec }: Subject): readonly string[] {
    return list(spec["egress"]).flatMap((listener) => texts(at(listener, "hosts")));
}

/** The pods' labels that a workload makes, or that a Service asks for; undefined for one without pods. */
function labelsOf(subject: Subject): Readonly<Record<string, string>> | undefined {
    if (subject.id !== "core/Service") return podOf(subject).labels;
    const selector = labelsAt(subject.spec, "selector");
    return says(selector) ? selector : undefined;
}

function hasScope(world: World, namespace: string, labels: Readonly<Record<string, string>>): boolean {
    const selectorOf = ({ spec }: Subject): Readonly<Record<string, string>> =>
        labelsAt(spec, "workloadSelector", "labels");
    return (
        world.has(namespace, [SIDECAR], (sidecar) => selects(selectorOf(sidecar), labels)) ||
        world.rootNamespaces.every((root) =>
            world.has(root, [SIDECAR], (sidecar) => !says(selectorOf(sidecar))),
        )
    );
}
