import {
    exceptionList,
    type Exception,
    EXCEPTIONS_SCHEMA,
    anyInForce,
    isExcepted,
    NO_EXCEPTIONS,
    type WithExceptions,
} from "../../core/exceptions";
import { at, labelsAt, isNonEmpty, selects, textAt } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { podOf, WORKLOADS } from "../../core/workload";
import { type StackResources } from "../../core/stack-resources";

interface SharedAccount extends Pick<Exception, "reason" | "until"> {
    readonly namespace: string;
    readonly account: string;
    /** Names of the workloads that share it. */
    readonly workloads: readonly string[];
}

interface Config extends WithExceptions {
    readonly shared: readonly SharedAccount[];
}

export const dedicatedServiceAccount = stackRule<Config>({
    name: "injection-dedicated-service-account",
    area: "injection",
    title: "Every workload has a dedicated service account",
    severity: "high",
    why: "the service account is the workload's identity in the mesh: workloads that share one have the same permissions, and `default` is shared by all",
    remediation: "Create a ServiceAccount for each service, and set it in the pod template.",
    appliesTo: [...WORKLOADS, "core/Service"],
    defaults: { ...NO_EXCEPTIONS, shared: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        shared: exceptionList(
            "service accounts of several workloads that form one application, such as a service and its nightly job",
            {
                namespace: { type: "string" },
                account: { type: "string" },
                workloads: { type: "array", minItems: 2, items: { type: "string" } },
            },
        ),
    },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { labels: { app: carts } }, spec: { containers: [] } } }
`,
        compliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { labels: { app: carts } }, spec: { serviceAccountName: carts, containers: [] } } }
`,
    },
    *evaluateStack(stack, config) {
        const meshed = stack.collect("meshed workloads", stack.all(...WORKLOADS), (workload) =>
            stack.isMeshed(workload.namespace) &&
            podOf(workload).isTemplate &&
            !isReference(workload) &&
            // A patch without an account leaves the workload's, which is not visible.
            !(workload.isPatch && accountOf(workload) === "default")
                ? [{ workload, account: accountOf(workload) }]
                : [],
        );
        const subjects = meshed.map(({ workload }) => workload);
        yield* each(subjects, function* (subject) {
            if (isExcepted(config, subject)) return;
            const { path } = podOf(subject);
            const account = accountOf(subject);
            if (account === "default") {
                yield {
                    subject,
                    problem: `${path}spec.serviceAccountName is not set, so it uses the namespace's default account`,
                    fix: "create a ServiceAccount and set it there.",
                };
                return;
            }
            const other = meshed.find(
                ({ workload, account: otherAccount }) =>
                    workload !== subject &&
                    workload.namespace === subject.namespace &&
                    otherAccount === account &&
                    !isOneService(stack, workload, subject) &&
                    !isShared(config, subject, workload, account),
            )?.workload;
            if (other === undefined) return;
            yield {
                subject,
                problem: `it shares the service account ${account} with ${other.key}, and no Service selects both as its versions`,
                fix: "give each workload a dedicated service account.",
            };
        });
    },
});

/** Whether it uses another workload's pod template (`workloadRef` of a Rollout), which is evaluated itself. */
function isReference({ spec }: Subject): boolean {
    return isNonEmpty(at(spec, "workloadRef", "name")) && !isNonEmpty(spec["template"]);
}

function accountOf(workload: Subject): string {
    const { spec } = podOf(workload);
    return textAt(spec, "serviceAccountName") ?? textAt(spec, "serviceAccount") ?? "default";
}

function isShared({ shared }: Config, one: Subject, other: Subject, account: string): boolean {
    return anyInForce(
        shared.filter(
            (entry) =>
                entry.namespace === one.namespace &&
                entry.account === account &&
                [one, other].every(({ name }) => entry.workloads.includes(name)),
        ),
    );
}

/** Whether two workloads are versions of one service: a Service selects the pods of both. */
function isOneService(stack: StackResources, one: Subject, other: Subject): boolean {
    return stack.within(one.namespace, "core/Service").some((service) => {
        const selector = labelsAt(service.spec, "selector");
        return (
            Object.keys(selector).length > 0 &&
            [one, other].every((workload) => selects(selector, podOf(workload).labels))
        );
    });
}
