import {
    EXCEPTION_FIELDS,
    type Exception,
    EXCEPTIONS_SCHEMA,
    holds,
    isExcepted,
    NO_EXCEPTIONS,
    type WithExceptions,
} from "../../core/exceptions";
import { at, labelsAt, says, selects, textAt } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { podOf, WORKLOADS } from "../../core/workload";
import { type World } from "../../core/world";

interface Shared extends Pick<Exception, "reason" | "until"> {
    readonly namespace: string;
    readonly account: string;
    /** Names of those that have it. */
    readonly workloads: readonly string[];
}

interface Config extends WithExceptions {
    readonly shared: readonly Shared[];
}

export const ownAccount = stackRule<Config>({
    name: "injection-own-account",
    area: "injection",
    title: "Every workload has a service account of its own",
    severity: "high",
    why: "the account is the workload's identity in the mesh: whoever shares it has the other's rights, and `default` is shared by all",
    remedy: "Create a ServiceAccount for each service, and name it in the pod's template.",
    judges: [...WORKLOADS, "core/Service"],
    defaults: { ...NO_EXCEPTIONS, shared: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        shared: {
            type: "array",
            description:
                "accounts of several workloads that are one application, such as a service and its nightly job",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["namespace", "account", "workloads", "reason", "until"],
                properties: {
                    namespace: { type: "string" },
                    account: { type: "string" },
                    workloads: { type: "array", minItems: 2, items: { type: "string" } },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
    },
    examples: {
        refused: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { labels: { app: carts } }, spec: { containers: [] } } }
`,
        accepted: `
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
    *judgeStack(world, config) {
        const meshed = world.ask("meshed workloads", world.all(...WORKLOADS), (workload) =>
            world.isMeshed(workload.namespace) &&
            !workload.isPatch &&
            podOf(workload).isTemplate &&
            !isReference(workload)
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
                    wrong: `${path}spec.serviceAccountName names no account of its own, so it has the namespace's default`,
                    fix: "create a ServiceAccount and name it there.",
                };
                return;
            }
            const other = meshed.find(
                ({ workload, account: theirs }) =>
                    workload !== subject &&
                    workload.namespace === subject.namespace &&
                    theirs === account &&
                    !isOneService(world, workload, subject) &&
                    !isShared(config, subject, workload, account),
            )?.workload;
            if (other === undefined) return;
            yield {
                subject,
                wrong: `it shares the service account ${account} with ${other.key}, and no Service has both as its versions`,
                fix: "give each of them an account of its own.",
            };
        });
    },
});

/** Whether it makes its pods of another workload's template (Rollout's `workloadRef`), which is judged itself. */
function isReference({ spec }: Subject): boolean {
    return says(at(spec, "workloadRef", "name")) && !says(spec["template"]);
}

function accountOf(workload: Subject): string {
    const { spec } = podOf(workload);
    return textAt(spec, "serviceAccountName") ?? textAt(spec, "serviceAccount") ?? "default";
}

function isShared({ shared }: Config, one: Subject, other: Subject, account: string): boolean {
    return holds(
        shared.filter(
            (entry) =>
                entry.namespace === one.namespace &&
                entry.account === account &&
                [one, other].every(({ name }) => entry.workloads.includes(name)),
        ),
    );
}

/** Whether two workloads are versions of one service: one Service selects the pods of both. */
function isOneService(world: World, one: Subject, other: Subject): boolean {
    return world.within(one.namespace, "core/Service").some((service) => {
        const selector = labelsAt(service.spec, "selector");
        return (
            Object.keys(selector).length > 0 &&
            [one, other].every((workload) => selects(selector, podOf(workload).labels))
        );
    });
}
