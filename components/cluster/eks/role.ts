import { Role } from "@pulumi/aws/iam/role";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment";
import * as pulumi from "@pulumi/pulumi";
import type { Document } from "./permissions/document";

export interface RoleSpec {
    readonly name: string;
    readonly trust: Document;
    /** AWS' own policies, by what follows `arn:aws:iam::aws:policy/`. */
    readonly managed?: readonly string[];
    /** What it may do beside, by name. */
    readonly own?: Readonly<Record<string, Document>>;
}

export interface RegisteredRole {
    readonly role: Role;
    /** What it may do: whoever takes the role must wait for these. */
    readonly permissions: readonly pulumi.Resource[];
}

export function registerRole(
    { name, trust, managed = [], own = {} }: RoleSpec,
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
    const policies = Object.entries(own).map(
        ([what, document]) =>
            new RolePolicy(
                `${name}-${what}`,
                // Some of it is known only once it is there, such as a zone's ARN.
                { role: role.name, policy: pulumi.jsonStringify(document) },
                { parent },
            ),
    );
    return { role, permissions: [...attachments, ...policies] };
}
