/** The policies on AWS' own resources. */
import { type Rule } from "../../core/rule";
import { access } from "./access";
import { auditLogs } from "./audit-logs";
import { awsAuth } from "./aws-auth";
import { endpoint } from "./endpoint";
import { iam } from "./iam";
import { imds } from "./imds";
import { networkPolicyOn } from "./network-policy";
import { podIdentity } from "./pod-identity";
import { privateNodes } from "./private-nodes";
import { secretsEncrypted } from "./secrets-encrypted";
import { securityGroupParts } from "./security-group-parts";
import { securityGroups } from "./security-groups";

export const CLUSTER_RULES: readonly Rule[] = [
    endpoint,
    secretsEncrypted,
    auditLogs,
    privateNodes,
    imds,
    securityGroups,
    networkPolicyOn,
    awsAuth,
    access,
    iam,
    podIdentity,
    securityGroupParts,
];
