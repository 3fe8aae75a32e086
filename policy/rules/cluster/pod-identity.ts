import { EXCEPTION_FIELDS, type Exception, holds } from "../../core/exceptions";
import { list, text, textAt } from "../../core/read";
import { each, type Finding, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

interface KnownRole extends Pick<Exception, "reason" | "until"> {
    readonly arn: string;
}

interface Config {
    readonly roles: readonly KnownRole[];
}

const ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation";
const ADD_ON = "aws:eks/addon:Addon";
const ROLE = "aws:iam/role:Role";

/** By which EKS' older way (IRSA) gives an account a role. */
const IRSA = "eks.amazonaws.com/role-arn";

export const podIdentity = stackRule<Config>({
    name: "cluster-pod-identity",
    area: "cluster",
    title: "Pods get IAM roles that this stack shows, each by an account of its own",
    severity: "high",
    why: "a role of another program may do everything in the account, and the account `default` is every pod's that names none",
    remedy: "Make the role in the stack that gives it away, and name the workload's own service account.",
    judges: [ASSOCIATION, ADD_ON, ROLE, "core/ServiceAccount"],
    defaults: { roles: [] },
    schema: {
        roles: {
            type: "array",
            description: "roles that are made elsewhere, and whose policies somebody has read",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["arn", "reason", "until"],
                properties: { arn: { type: "string" }, ...EXCEPTION_FIELDS },
            },
        },
    },
    examples: {
        refused: `
type: aws:eks/podIdentityAssociation:PodIdentityAssociation
name: carts
properties: { namespace: shop, serviceAccount: default, roleArn: "arn:aws:iam::111122223333:role/admin" }
`,
        accepted: `
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
    *judgeStack(world, config) {
        yield* each(world.all(ASSOCIATION), function* (subject) {
            yield* judgeAccount(subject, "it", textAt(subject.props, "serviceAccount"));
            yield* judgeRole(world, subject, "roleArn", subject.props["roleArn"], config);
        });
        yield* each(world.all(ADD_ON), function* (subject) {
            for (const [index, identity] of list(subject.props["podIdentityAssociations"]).entries()) {
                const path = `podIdentityAssociations[${index}]`;
                yield* judgeAccount(subject, path, textAt(identity, "serviceAccount"));
                yield* judgeRole(
                    world,
                    subject,
                    "podIdentityAssociations",
                    textAt(identity, "roleArn"),
                    config,
                );
            }
        });
        yield* each(world.all("core/ServiceAccount"), function* (subject) {
            if (subject.annotations[IRSA] === undefined) return;
            yield* judgeAccount(subject, `metadata.annotations["${IRSA}"]`, subject.name);
        });
    },
});

function* judgeAccount(subject: Subject, how: string, account: string | undefined): Iterable<Finding> {
    if (account !== "default") return;
    yield {
        subject,
        wrong: `${how} gives the role to the account default, which every pod of the namespace has that names none`,
        fix: "create a ServiceAccount for the workload, and name it there.",
    };
}

/** Whether it is a role of this stack: by where the value comes from, or by the value itself. */
function* judgeRole(
    world: World,
    subject: Subject,
    property: string,
    value: unknown,
    { roles }: Config,
): Iterable<Finding> {
    const sources = subject.sources[property] ?? [];
    if (sources.some((urn) => world.subjectOf(urn)?.id === ROLE)) return;
    const arn = text(value);
    if (arn === undefined || holds(roles.filter((role) => role.arn === arn))) return;
    if (world.all(ROLE).some(({ props }) => textAt(props, "arn") === arn)) return;
    yield {
        subject,
        wrong: `${property} is ${arn}, a role that this stack does not show`,
        fix: "make the role in this stack, or list it under `roles` of this policy once somebody has read its policies.",
    };
}
