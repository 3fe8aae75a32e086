/** Policies for AWS resources. */
import { type PolicyDefinition } from "../../core/rule";
import { access } from "./access";
import { auditLogs } from "./audit-logs";
import { awsAuth } from "./aws-auth";
import { cloudControllers } from "./cloud-controllers";
import { endpoint } from "./endpoint";
import { iam } from "./iam";
import { imds } from "./imds";
import { networkPolicyOn } from "./network-policy";
import { otherProviders } from "./other-providers";
import { podIdentity } from "./pod-identity";
import { privateNodes } from "./private-nodes";
import { secretsEncrypted } from "./secrets-encrypted";
import { securityGroupCidrs } from "./security-group-cidrs";
import { securityGroups } from "./security-groups";

export const CLUSTER_RULES: readonly PolicyDefinition[] = [
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
    cloudControllers,
    otherProviders,
    podIdentity,
    securityGroupCidrs,
];
