/** Remedies for errors of AWS and of clusters on it, by message. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
    [/^aws .*failed with ENOENT/s, "install the AWS CLI version 2, which access to the cluster requires"],
    [
        /ExpiredToken|token (included in the request )?(is|has) expired|SSO session .*expired|refresh failed/i,
        "the AWS credentials have expired: log in again (aws sso login, or assume the role again), then run again",
    ],
    [
        /Unable to locate credentials|no valid credential sources|NoCredentialProviders|get credentials/i,
        "there are no AWS credentials: set AWS_PROFILE, or log in (aws sso login)",
    ],
    [
        /InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient|AuthFailure/,
        "AWS does not accept these credentials: set AWS_PROFILE to a profile of the stack's account, and enable the region there",
    ],
    [
        /AWS account ID not allowed/,
        "these credentials belong to another account: set AWS_PROFILE to a profile of `cluster.accountId`, or correct `cluster.accountId`",
    ],
    [
        /VcpuLimitExceeded|AddressLimitExceeded|VpcLimitExceeded|NatGatewayLimitExceeded|ServiceQuotaExceeded|LimitExceeded/,
        "a quota of the account is exhausted: request an increase (Service Quotas), or make the stack smaller; `mesh preflight` shows the quota",
    ],
    [
        /InsufficientInstanceCapacity|Unsupported.*instance type|not supported in your requested Availability Zone/i,
        "a zone has no capacity for this instance type: choose another `instanceType` or other `zones`",
    ],
    [
        /AccessDenied|UnauthorizedOperation|not authorized to perform/,
        "the role lacks this permission: grant it the permissions in docs/tasks/set-up-pull-request-previews.md, or use another role",
    ],
    [
        /Could not connect to the endpoint URL|no such host|getaddrinfo/,
        "the host name cannot be resolved: correct `cluster.region`, or check this machine's DNS",
    ],
    [
        /i\/o timeout|ETIMEDOUT|ECONNREFUSED|connection refused|unreachable|context deadline exceeded/,
        "the API server cannot be reached from this machine: it is private. Connect from one of `cluster.api.allowedCidrs`, " +
            "or open a tunnel (docs/get-started/aws.md)",
    ],
    [
        /provide credentials|Unauthorized/,
        "the cluster does not accept these credentials: an admin must add the role to `cluster.admins`",
    ],
];

/** Undefined for errors of other origin. */
export function awsRemedy(message: string): string | undefined {
    return REMEDIES.find(([pattern]) => pattern.test(message))?.[1];
}
