/** `mesh preflight`: region, account, quotas, cluster and domain, each asked before anything is changed. */
import type { EksConfig, ExistingConfig } from "../../config/cluster";
import type { MeshConfig } from "../../config/schema";
import { serverOf } from "../../components/cluster/kubeconfig";
import { awsRemedy } from "../../local/engine/pulumi/remedies";
import { type Finding, type Surroundings, right, wrong } from "./model";
import { privateCaFindings } from "./private-ca";
import { quotaFindings } from "./quotas";
import { unknownCase } from "../../catalogue/never";

export async function preflight(config: MeshConfig, around: Surroundings): Promise<Finding[]> {
    const { cluster } = config;
    switch (cluster.from) {
        case "kubeconfig":
            return config.kubeconfig === undefined
                ? [right("cluster", "the one that the environment's kubeconfig leads to")]
                : [await reached(serverOf(config.kubeconfig, config.context), around)];
        case "existing": {
            const identity = await asked("credentials", () => credentials(undefined, around));
            if (identity.some(({ verdict }) => verdict === "wrong")) return identity;
            return [...identity, ...(await asked("cluster", () => existing(cluster, around)))];
        }
        case "eks": {
            const identity = await asked("credentials", () => credentials(cluster.account, around));
            if (identity.some(({ verdict }) => verdict === "wrong")) return identity;
            const zones = await asked("region", () => region(cluster, around));
            if (zones.some(({ verdict }) => verdict === "wrong")) return [...identity, ...zones];
            let found: Described | undefined;
            const api = await asked("cluster", async () => {
                found = await describe(cluster, around);
                return made(cluster, found, around);
            });
            return [
                ...identity,
                ...zones,
                ...(await asked("quotas", () => quotaFindings(cluster, around, found !== undefined))),
                ...api,
                ...(await asked("mesh root", () => privateCaFindings(config, around))),
                ...(await asked("domain", () => domain(config.domain, around))),
            ];
        }
        default:
            return unknownCase(cluster);
    }
}

/** A check that AWS refuses is a finding, too. */
async function asked(what: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
    try {
        return await check();
    } catch (error) {
        const message = (error instanceof Error ? error.message : String(error)).trim();
        return [wrong(what, message, awsRemedy(message) ?? "correct what AWS names, and run again")];
    }
}

async function credentials(account: string | undefined, { aws }: Surroundings): Promise<Finding[]> {
    const { Account, Arn } = (await aws("sts", "get-caller-identity")) as { Account: string; Arn: string };
    if (account === undefined || account === Account) return [right("credentials", Arn)];
    return [
        wrong(
            "credentials",
            `${Arn} is of account ${Account}, and the stack is of ${account}`,
            "set AWS_PROFILE to credentials of the stack's account, or correct `cluster.account`",
        ),
    ];
}

async function region({ region: name, zones }: EksConfig, { aws }: Surroundings): Promise<Finding[]> {
    const { AvailabilityZones } = (await aws("ec2", "describe-availability-zones", "--region", name)) as {
        AvailabilityZones: { ZoneName: string; State: string }[];
    };
    const there = AvailabilityZones.filter(({ State }) => State === "available").map(
        ({ ZoneName }) => ZoneName,
    );
    const missing = zones.map((letter) => `${name}${letter}`).filter((zone) => !there.includes(zone));
    if (missing.length === 0) return [right("region", `${name}, with ${zones.join(", ")}`)];
    const letters = there.map((zone) => zone.slice(name.length)).join(", ");
    return [
        wrong(
            "region",
            `${missing.join(", ")} is no zone that this account may use; ${name} has ${letters}`,
            "set `cluster.zones` to three of these, or choose another region",
        ),
    ];
}

interface Described {
    readonly endpoint: string;
    readonly status: string;
}

/** Undefined if there is no such cluster. */
async function describe(
    { name, region: where }: Pick<EksConfig, "name" | "region">,
    { aws }: Surroundings,
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

async function made(
    { name, api }: EksConfig,
    found: Described | undefined,
    around: Surroundings,
): Promise<Finding[]> {
    if (found === undefined) {
        const text = `there is no ${name} yet: the stack makes it`;
        return [{ what: "cluster", verdict: "to come", text, remedy: "begin as docs/cluster.md says" }];
    }
    return [await reached(api.tunnel ?? found.endpoint, around)];
}

async function existing(config: ExistingConfig, around: Surroundings): Promise<Finding[]> {
    const found = await describe(config, around);
    if (found !== undefined) return [await reached(found.endpoint, around)];
    const list = `aws eks list-clusters --region ${config.region}`;
    return [
        wrong(
            "cluster",
            `there is no EKS cluster ${config.name} in ${config.region}`,
            `correct \`cluster.name\` or \`cluster.region\` (${list})`,
        ),
    ];
}

async function reached(address: string, { connect }: Surroundings): Promise<Finding> {
    const { hostname, port } = new URL(address);
    try {
        await connect(hostname, Number(port || 443));
        return right("cluster", `${address} answers`);
    } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return wrong(
            "cluster",
            `${address} does not answer: ${message}`,
            awsRemedy(message) ?? "see whether the cluster runs",
        );
    }
}

async function domain(name: string, { aws, nameServers }: Surroundings): Promise<Finding[]> {
    const { HostedZones } = (await aws("route53", "list-hosted-zones-by-name", "--dns-name", name)) as {
        HostedZones: { Id: string; Name: string }[];
    };
    const zone = HostedZones.find((one) => one.Name === `${name}.`);
    if (zone === undefined) {
        const text = `there is no zone of ${name} yet: the stack makes it`;
        const remedy = "then delegate the domain to its name servers (docs/cluster.md)";
        return [{ what: "domain", verdict: "to come", text, remedy }];
    }
    const { DelegationSet } = (await aws("route53", "get-hosted-zone", "--id", zone.Id)) as {
        DelegationSet: { NameServers: string[] };
    };
    const own = DelegationSet.NameServers.map(bare).sort();
    const known = [...(await nameServers(name))].map(bare).sort();
    if (own.join() === known.join()) return [right("domain", `${name} is delegated to its zone`)];
    const text =
        known.length === 0
            ? `${name} is not delegated: DNS knows no name server of it`
            : `${name} is delegated to ${known.join(", ")}, which are not its zone's`;
    return [
        wrong(
            "domain",
            text,
            `at whoever keeps ${name.slice(name.indexOf(".") + 1)}, make an NS record of ${name}: ${own.join(", ")}`,
        ),
    ];
}

function bare(name: string): string {
    return name.toLowerCase().replace(/\.$/, "");
}
