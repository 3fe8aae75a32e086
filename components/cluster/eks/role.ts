import { Role } from "@pulumi/aws/iam/role";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment";
import * as pulumi from "@pulumi/pulumi";
import type { Document } from "./permissions/document";

export interface RoleSpec {
    readonly name: string;
    readonly trust: Document;
    /** AWS managed policies, by the part after `arn:aws:iam::aws:policy/`. */
    readonly managed?: readonly string[];
    /** Inline policies, by name. */
    readonly inline?: Readonly<Record<string, Document>>;
}

export interface RegisteredRole {
    readonly role: Role;
    /** Its permissions. Users of the role must depend on these. */
    readonly permissions: readonly pulumi.Resource[];
}

export function registerRole(
    { name, trust, managed = [], inline = {} }: RoleSpec,
    parent: pulumi.ComponentResource,
): RegisteredRole {
    const role = new Role(name, { assumeRolePolicy: JSON.stringify(trust) }, { parent });
    const attachments = managed.map(
        (policy) =>
            new RolePolicyAttachment(
                `${name}-${policy.slice(policy.indexOf("/") + 1)}`,
                { role: role.name, policyArn: `arn:aws:iam::aws:policy/${policy}` },
                { parent },
            ),
    );
    const policies = Object.entries(inline).map(
        ([what, document]) =>
            new RolePolicy(
                `${name}-${what}`,
                // Parts of it are only known after creation, such as a zone's ARN.
                { role: role.name, policy: pulumi.jsonStringify(document) },
                { parent },
            ),
    );
    return { role, permissions: [...attachments, ...policies] };
}
