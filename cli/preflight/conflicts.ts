/** What a first update would find at AWS already, or create twice. Both stop it ten minutes in, with the cluster half made. */
import type { EksConfig } from "../../config/cluster";
import type { PreflightEnvironment, PreflightIssue } from "./model";

const CHECK = "conflicts";

/**
 * Of a cluster that does not exist yet. Not failures: the stack may own such a log group after an interrupted update, and
 * another identity may create the cluster.
 *
 * @param caller the ARN of the identity whose credentials are used
 */
export async function conflictIssues(
    cluster: EksConfig,
    caller: string,
    environment: PreflightEnvironment,
): Promise<PreflightIssue[]> {
    return [...(await oldLogGroups(cluster, environment)), ...creatorTwice(cluster, caller)];
}

/** EKS writes the last logs of a deleted cluster late, and creates their group again for that. */
async function oldLogGroups(
    { name, region }: EksConfig,
    { aws }: PreflightEnvironment,
): Promise<PreflightIssue[]> {
    const group = `/aws/eks/${name}/cluster`;
    const { logGroups } = (await aws(
        ...["logs", "describe-log-groups", "--log-group-name-prefix", group, "--region", region],
    )) as { logGroups: readonly { readonly logGroupName: string }[] };
    if (!logGroups.some(({ logGroupName }) => logGroupName === group)) return [];
    return [
        {
            check: CHECK,
            status: "pending",
            message: `log group ${group} exists, but the cluster does not: it is left from an earlier cluster of this name`,
            remedy:
                "unless it belongs to this stack (`pulumi stack --show-urns`), delete it " +
                `(aws logs delete-log-group --region ${region} --log-group-name ${group}), or the update fails with ` +
                "ResourceAlreadyExistsException",
        },
    ];
}

/** EKS gives the creator an access entry, and rejects a second one for the same principal. */
function creatorTwice(
    { admins, viewers, bootstrapClusterCreatorAdminPermissions: bootstrap }: EksConfig,
    caller: string,
): PreflightIssue[] {
    if (!bootstrap) return [];
    const creator = principalOf(caller);
    const lists = { admins, viewers };
    const listed = (["admins", "viewers"] as const).filter((key) =>
        lists[key].some((arn) => principalOf(arn) === creator),
    );
    if (listed.length === 0) return [];
    return [
        {
            check: CHECK,
            status: "pending",
            message:
                `${caller} is one of cluster.${listed.join(" and cluster.")}: if it creates the cluster, it gets an access entry as ` +
                "the creator, and its second one fails with ResourceInUseException",
            remedy:
                "set cluster.bootstrapClusterCreatorAdminPermissions to false before the cluster is created, if it is one of admins; " +
                "or remove it from the list",
        },
    ];
}

/** Account, kind and name: the ARN of a role's session contains neither the role's path nor the word role. */
function principalOf(arn: string): string {
    const [, account = "", kind = "", name = ""] =
        /^arn:[\w-]+:(?:iam|sts)::(\d{12}):(role|user|assumed-role)\/(.+)$/.exec(arn) ?? [];
    const parts = name.split("/");
    return kind === "assumed-role"
        ? `${account} role ${parts[0] ?? ""}`
        : `${account} ${kind} ${parts.at(-1) ?? ""}`;
}
