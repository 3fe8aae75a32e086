/** What a person can do about errors of AWS and of clusters there, by what their messages say. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
    [/^aws .*ended with ENOENT/s, "install the AWS CLI, version 2: with it one gets to the cluster, too"],
    [
        /ExpiredToken|token (included in the request )?(is|has) expired|SSO session .*expired|refresh failed/i,
        "the AWS credentials have expired: log in again (aws sso login, or assume the role anew), then run again",
    ],
    [
        /Unable to locate credentials|no valid credential sources|NoCredentialProviders|get credentials/i,
        "there are no AWS credentials: set AWS_PROFILE, or log in (aws sso login)",
    ],
    [
        /InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient|AuthFailure/,
        "AWS does not know these credentials: set AWS_PROFILE to those of the stack's account, and enable the region there",
    ],
    [
        /AWS account ID not allowed/,
        "these are another account's credentials: set AWS_PROFILE to those of `cluster.account`, or correct it",
    ],
    [
        /VcpuLimitExceeded|AddressLimitExceeded|VpcLimitExceeded|NatGatewayLimitExceeded|ServiceQuotaExceeded|LimitExceeded/,
        "a quota of the account is used up: ask for more (Service Quotas), or make the stack smaller; `mesh preflight` says which",
    ],
    [
        /InsufficientInstanceCapacity|Unsupported.*instance type|not supported in your requested Availability Zone/i,
        "a zone has none of these instances: choose another `instanceType` or other `zones`",
    ],
    [
        /AccessDenied|UnauthorizedOperation|not authorized to perform/,
        "the role may not do this: give it what docs/cluster.md lists, or use one that has it",
    ],
    [
        /Could not connect to the endpoint URL|no such host|getaddrinfo/,
        "there is no such address: correct `cluster.region`, or see whether this machine has DNS",
    ],
    [
        /i\/o timeout|ETIMEDOUT|ECONNREFUSED|connection refused|unreachable|context deadline exceeded/,
        "the API server cannot be reached from here: it answers inside its network alone. Come from one of `cluster.api.networks`, " +
            "or open a tunnel (docs/cluster.md)",
    ],
    [
        /provide credentials|Unauthorized/,
        "the cluster does not know these credentials: let one of its admins add their role to `cluster.admins`",
    ],
];

/** Undefined for what is not of AWS. */
export function awsRemedy(message: string): string | undefined {
    return REMEDIES.find(([pattern]) => pattern.test(message))?.[1];
}
