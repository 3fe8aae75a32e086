/** `mesh preflight`: checks credentials, region, quotas, cluster and domain before a deployment. */
import type { EksConfig, ExistingConfig } from "../../config/cluster";
import { exampleValues } from "../../config/examples";
import type { MeshConfig } from "../../config/schema";
import { eksKubeconfig, serverOf } from "../../components/cluster/kubeconfig";
import { awsRemedy } from "../../local/engine/pulumi/remedies";
import { conflictIssues } from "./conflicts";
import { type ClusterAccess, type PreflightIssue, type PreflightEnvironment, passed, failed } from "./model";
import { privateCaIssues } from "./private-ca";
import { quotaIssues } from "./quotas";
import { secretIssues } from "./secrets";
import { unknownCase } from "../../catalogue/never";

export async function preflight(
    config: MeshConfig,
    environment: PreflightEnvironment,
): Promise<PreflightIssue[]> {
    const { cluster } = config;
    switch (cluster.from) {
        case "kubeconfig": {
            const api =
                config.kubeconfig === undefined
                    ? passed("cluster", "the cluster of the environment's kubeconfig")
                    : await reachability(serverOf(config.kubeconfig, config.context), environment);
            const access = { file: config.kubeconfig, context: config.context };
            return [api, ...(await secretIssues(config, ifReachable([api], access), environment))];
        }
        case "existing": {
            const identity = await runCheck("credentials", () => credentials(undefined, environment));
            if (identity.some(({ status }) => status === "failed")) return identity;
            let described: Described | undefined;
            const api = await runCheck("cluster", async () => {
                described = await describe(cluster, environment);
                return existing(cluster, described, environment);
            });
            return [
                ...examples(config),
                ...identity,
                ...api,
                ...(await secretIssues(config, ifReachable(api, eksAccess(cluster, described)), environment)),
            ];
        }
        case "eks": {
            const identity = await runCheck("credentials", () => credentials(cluster.accountId, environment));
            if (identity.some(({ status }) => status === "failed")) return identity;
            const zones = await runCheck("region", () => region(cluster, environment));
            if (zones.some(({ status }) => status === "failed")) return [...identity, ...zones];
            const caller = identity[0]?.message ?? "";
            let described: Described | undefined;
            const api = await runCheck("cluster", async () => {
                described = await describe(cluster, environment);
                return createdCluster(cluster, described, environment);
            });
            return [
                ...examples(config),
                ...identity,
                ...zones,
                ...(await runCheck("quotas", () =>
                    quotaIssues(cluster, environment, described !== undefined),
                )),
                ...api,
                ...(described === undefined
                    ? await runCheck("conflicts", () => conflictIssues(cluster, caller, environment))
                    : []),
                ...(await secretIssues(
                    config,
                    ifReachable(api, eksAccess({ ...cluster, tunnel: cluster.api.tunnel }, described)),
                    environment,
                )),
                ...(await runCheck("mesh root", () => privateCaIssues(config, environment))),
                ...(await runCheck("domain", () => domain(config.domain, environment))),
            ];
        }
        default:
            return unknownCase(cluster);
    }
}

/** An error of AWS is reported as a failed check. */
async function runCheck(check: string, run: () => Promise<PreflightIssue[]>): Promise<PreflightIssue[]> {
    try {
        return await run();
    } catch (error) {
        const message = (error instanceof Error ? error.message : String(error)).trim();
        return [
            failed(check, message, awsRemedy(message) ?? "fix the problem that AWS reports, then run again"),
        ];
    }
}

/** What an update rejects before it creates anything. Not a failure: pull requests preview the committed stacks. */
function examples(config: MeshConfig): PreflightIssue[] {
    const problems = exampleValues(config);
    if (problems.length === 0) return [];
    return [
        {
            check: "example values",
            status: "pending",
            message: problems.join("\n    "),
            remedy: "replace them before `pulumi up`, which rejects them (docs/get-started/aws.md)",
        },
    ];
}

async function credentials(
    account: string | undefined,
    { aws }: PreflightEnvironment,
): Promise<PreflightIssue[]> {
    const { Account, Arn } = (await aws("sts", "get-caller-identity")) as { Account: string; Arn: string };
    if (account === undefined || account === Account) return [passed("credentials", Arn)];
    return [
        failed(
            "credentials",
            `${Arn} belongs to account ${Account}, but the stack's account is ${account}`,
            "set AWS_PROFILE to credentials of the stack's account, or fix `cluster.accountId`",
        ),
    ];
}

async function region(
    { region: name, zones }: EksConfig,
    { aws }: PreflightEnvironment,
): Promise<PreflightIssue[]> {
    const { AvailabilityZones } = (await aws("ec2", "describe-availability-zones", "--region", name)) as {
        AvailabilityZones: { ZoneName: string; State: string }[];
    };
    const there = AvailabilityZones.filter(({ State }) => State === "available").map(
        ({ ZoneName }) => ZoneName,
    );
    const missing = zones.map((letter) => `${name}${letter}`).filter((zone) => !there.includes(zone));
    if (missing.length === 0) return [passed("region", `${name}, with ${zones.join(", ")}`)];
    const letters = there.map((zone) => zone.slice(name.length)).join(", ");
    return [
        failed(
            "region",
            `${missing.join(", ")} is not available to this account; zones of ${name}: ${letters}`,
            "set `cluster.zones` to three of these zones, or choose another region",
        ),
    ];
}

interface Described {
    readonly endpoint: string;
    readonly status: string;
    readonly certificateAuthority?: { readonly data?: string };
}

/** Undefined for a cluster that does not exist. */
function eksAccess(
    {
        name,
        region: where,
        tunnel,
    }: { readonly name: string; readonly region: string; readonly tunnel?: string | undefined },
    described: Described | undefined,
): ClusterAccess | undefined {
    if (described === undefined) return undefined;
    const { endpoint, certificateAuthority } = described;
    const authority = certificateAuthority?.data ?? "";
    return { text: eksKubeconfig({ name, region: where, endpoint, authority, tunnel }) };
}

function ifReachable(
    api: readonly PreflightIssue[],
    access: ClusterAccess | undefined,
): ClusterAccess | undefined {
    return api.every(({ status }) => status === "passed") ? access : undefined;
}

/** Undefined if the cluster does not exist. */
async function describe(
    { name, region: where }: Pick<EksConfig, "name" | "region">,
    { aws }: PreflightEnvironment,
): Promise<Described | undefined> {
    try {
        const { cluster } = (await aws("eks", "describe-cluster", "--name", name, "--region", where)) as {
            cluster: Described;
        };
        return cluster;
    } catch (error) {
        if (String(error).includes("ResourceNotFound")) return undefined;
        throw error;
    }
}

async function createdCluster(
    { name, api }: EksConfig,
    described: Described | undefined,
    environment: PreflightEnvironment,
): Promise<PreflightIssue[]> {
    if (described === undefined) {
        const text = `cluster ${name} does not exist yet; the stack creates it`;
        return [
            { check: "cluster", status: "pending", message: text, remedy: "follow docs/get-started/aws.md" },
        ];
    }
    return [await reachability(api.tunnel ?? described.endpoint, environment)];
}

async function existing(
    config: ExistingConfig,
    described: Described | undefined,
    environment: PreflightEnvironment,
): Promise<PreflightIssue[]> {
    if (described !== undefined) return [await reachability(described.endpoint, environment)];
    const list = `aws eks list-clusters --region ${config.region}`;
    return [
        failed(
            "cluster",
            `EKS cluster ${config.name} does not exist in ${config.region}`,
            `fix \`cluster.name\` or \`cluster.region\` (list clusters: ${list})`,
        ),
    ];
}

async function reachability(address: string, { connect }: PreflightEnvironment): Promise<PreflightIssue> {
    const { hostname, port } = new URL(address);
    try {
        await connect(hostname, Number(port || 443));
        return passed("cluster", `${address} is reachable`);
    } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return failed(
            "cluster",
            `${address} is not reachable: ${message}`,
            awsRemedy(message) ?? "check that the cluster is running",
        );
    }
}

async function domain(name: string, { aws, nameServers }: PreflightEnvironment): Promise<PreflightIssue[]> {
    const { HostedZones } = (await aws("route53", "list-hosted-zones-by-name", "--dns-name", name)) as {
        HostedZones: { Id: string; Name: string }[];
    };
    const zone = HostedZones.find((one) => one.Name === `${name}.`);
    if (zone === undefined) {
        const text = `hosted zone ${name} does not exist yet; the stack creates it`;
        const remedy = "afterwards, delegate the domain to its name servers (docs/get-started/aws.md)";
        return [{ check: "domain", status: "pending", message: text, remedy }];
    }
    const { DelegationSet } = (await aws("route53", "get-hosted-zone", "--id", zone.Id)) as {
        DelegationSet: { NameServers: string[] };
    };
    const zoneServers = DelegationSet.NameServers.map(canonicalName).sort();
    const known = [...(await nameServers(name))].map(canonicalName).sort();
    if (zoneServers.join() === known.join()) return [passed("domain", `${name} is delegated to its zone`)];
    const text =
        known.length === 0
            ? `${name} is not delegated: DNS has no NS record for it`
            : `${name} is delegated to ${known.join(", ")}, which are not the name servers of its hosted zone`;
    return [
        failed(
            "domain",
            text,
            `add an NS record for ${name} to the zone ${name.slice(name.indexOf(".") + 1)}: ${zoneServers.join(", ")}`,
        ),
    ];
}

function canonicalName(name: string): string {
    return name.toLowerCase().replace(/\.$/, "");
}
