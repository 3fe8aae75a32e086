import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, labelsAt, list, says, selects, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
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
        yield* each(world.all(SIDECAR), function* (subject) {
            if (isExcepted(config, subject)) return;
            const wide = hostsOf(subject).find(
                (host) =>
                    /^(\*\/|\.\/\*$|[^/]*\/\*$|\*$)/.test(host) &&
                    !host.startsWith("~") &&
                    !config.wideHosts.includes(host),
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
            if (isExcepted(config, subject)) return;
            for (const direction of ["egress", "ingress"]) {
                for (const [index, listener] of list(subject.spec[direction]).entries()) {
                    if (textAt(listener, "captureMode") !== "NONE") continue;
                    yield {
                        subject,
                        wrong: `spec.${direction}[${index}].captureMode is NONE, so that traffic passes no sidecar unless the workload asks for it`,
                        fix: "remove it.",
                    };
                }
            }
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
