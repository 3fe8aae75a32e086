/** The policies on AWS' own resources. */
import { type Rule } from "../../core/rule";
import { auditLogs } from "./audit-logs";
import { awsAuth } from "./aws-auth";
import { endpoint } from "./endpoint";
import { imds } from "./imds";
import { networkPolicyOn } from "./network-policy";
import { privateNodes } from "./private-nodes";
import { secretsEncrypted } from "./secrets-encrypted";
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
];
