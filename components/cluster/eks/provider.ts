import { Provider } from "@pulumi/aws/provider";

/** The AWS provider for one region, and for one account if the stack states it. */
export function awsProvider({
    name,
    region,
    account,
}: {
    readonly name: string;
    readonly region: string;
    readonly account?: string | undefined;
}): Provider {
    return new Provider("aws", {
        region: region as never,
        ...(account === undefined ? {} : { allowedAccountIds: [account] }),
        defaultTags: { tags: { "sparc.dev/cluster": name, "sparc.dev/managed-by": "sparc-mesh" } },
    });
}
