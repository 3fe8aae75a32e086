/** IAM policy documents as plain data. */
import type * as pulumi from "@pulumi/pulumi";

export interface Statement {
    readonly Effect: "Allow";
    readonly Principal?: Readonly<Record<string, pulumi.Input<string>>>;
    readonly Action: readonly string[];
    /** Absent in a trust policy, whose resource is the role itself. */
    readonly Resource?: pulumi.Input<string> | readonly pulumi.Input<string>[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, pulumi.Input<string>>>>>;
}

export interface Document {
    readonly Version: "2012-10-17";
    readonly Statement: readonly Statement[];
}

export function documentOf(...statements: readonly Statement[]): Document {
    return { Version: "2012-10-17", Statement: statements };
}

/** A trust policy for an AWS service. */
export function trustOf(service: "eks" | "ec2" | "vpc-flow-logs"): Document {
    return documentOf({
        Effect: "Allow",
        Principal: { Service: `${service}.amazonaws.com` },
        Action: ["sts:AssumeRole"],
    });
}

/** A trust policy for pods with EKS Pod Identity. The session tags identify the pod. */
export const POD_TRUST = documentOf({
    Effect: "Allow",
    Principal: { Service: "pods.eks.amazonaws.com" },
    Action: ["sts:AssumeRole", "sts:TagSession"],
});
