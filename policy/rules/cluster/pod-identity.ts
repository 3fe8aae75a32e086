import { exceptionList, type Exception, anyInForce } from "../../core/exceptions";
import { list, text, textAt } from "../../core/read";
import { each, type Violation, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

interface KnownRole extends Pick<Exception, "reason" | "until"> {
    readonly arn: string;
}

interface Config {
    readonly roles: readonly KnownRole[];
}

const ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation";
const ADD_ON = "aws:eks/addon:Addon";
const ROLE = "aws:iam/role:Role";

/** Annotation with which EKS' older mechanism (IRSA) assigns a role to a service account. */
const IRSA = "eks.amazonaws.com/role-arn";

export const podIdentity = stackRule<Config>({
    name: "cluster-pod-identity",
    area: "cluster",
    title: "Pods only use IAM roles in this stack, each with a dedicated service account",
    severity: "high",
    why: "a role of another program may allow everything in the AWS account, and every pod without a service account uses `default`",
    remediation:
        "Create the role in the stack that assigns it, and use the workload's dedicated service account.",
    appliesTo: [ASSOCIATION, ADD_ON, ROLE, "core/ServiceAccount"],
    defaults: { roles: [] },
    schema: {
        roles: exceptionList("reviewed roles that are created elsewhere", { arn: { type: "string" } }),
    },
    examples: {
        noncompliant: `
type: aws:eks/podIdentityAssociation:PodIdentityAssociation
name: carts
properties: { namespace: shop, serviceAccount: default, roleArn: "arn:aws:iam::111122223333:role/admin" }
`,
        compliant: `
type: aws:iam/role:Role
name: carts-role
properties: { assumeRolePolicy: "{}" }
---
type: aws:eks/podIdentityAssociation:PodIdentityAssociation
name: carts
sources: { roleArn: [carts-role] }
properties: { namespace: shop, serviceAccount: carts, roleArn: "arn:aws:iam::111122223333:role/carts" }
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all(ASSOCIATION), function* (subject) {
            yield* evaluateAccount(subject, "it", textAt(subject.props, "serviceAccount"));
            yield* evaluateRole(stack, subject, "roleArn", subject.props["roleArn"], config);
        });
        yield* each(stack.all(ADD_ON), function* (subject) {
            for (const [index, identity] of list(subject.props["podIdentityAssociations"]).entries()) {
                const path = `podIdentityAssociations[${index}]`;
                yield* evaluateAccount(subject, path, textAt(identity, "serviceAccount"));
                yield* evaluateRole(
                    stack,
                    subject,
                    "podIdentityAssociations",
                    textAt(identity, "roleArn"),
                    config,
                );
            }
        });
        yield* each(stack.all("core/ServiceAccount"), function* (subject) {
            if (subject.annotations[IRSA] === undefined) return;
            yield* evaluateAccount(subject, `metadata.annotations["${IRSA}"]`, subject.name);
        });
    },
});

function* evaluateAccount(subject: Subject, how: string, account: string | undefined): Iterable<Violation> {
    if (account !== "default") return;
    yield {
        subject,
        problem: `${how} assigns the role to the service account default, which every pod of the namespace without a service account uses`,
        fix: "create a ServiceAccount for the workload, and use it there.",
    };
}

/** Whether it is a role of this stack: by the source of the value, or by the value itself. */
function* evaluateRole(
    stack: StackResources,
    subject: Subject,
    property: string,
    value: unknown,
    { roles }: Config,
): Iterable<Violation> {
    const sources = subject.sources[property] ?? [];
    if (sources.some((urn) => stack.subjectOf(urn)?.id === ROLE)) return;
    const arn = text(value);
    if (arn === undefined || anyInForce(roles.filter((role) => role.arn === arn))) return;
    if (stack.all(ROLE).some(({ props }) => textAt(props, "arn") === arn)) return;
    yield {
        subject,
        problem: `${property} is ${arn}, a role that is not in this stack`,
        fix: "create the role in this stack, or review its policies and list it under `roles` of this policy.",
    };
}
