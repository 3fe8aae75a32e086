/** DNS records of the gateways' load balancers. */
import { getLoadBalancer } from "@pulumi/aws/lb/getLoadBalancer";
import { getLbs } from "@pulumi/aws/lb/getLbs";
import type { Provider } from "@pulumi/aws/provider";
import { Record as DnsRecord } from "@pulumi/aws/route53/record";
import type { Zone } from "@pulumi/aws/route53/zone";
import * as pulumi from "@pulumi/pulumi";
import { isUnknown, unknown } from "@pulumi/pulumi/output";
import { exposures } from "../../../catalogue/query";
import { INGRESS_GATEWAYS, GATEWAY_KEYS, type GatewayKey, NAMESPACES, exposedHost } from "../../base/names";
import type { Platform } from "../../base/platform";
import { runError } from "../../base/run-error";

export interface AddressesArgs {
    readonly cluster: string;
    readonly aws: Provider;
    readonly zone: Zone;
    /** The gateways' releases: their load balancers exist once these do. */
    readonly releases: readonly pulumi.Resource[];
}

interface Balancer {
    readonly dnsName: string;
    readonly zoneId: string;
}

/** No load balancer has the gateway's tags. */
type Lookup = Balancer | "missing";

/**
 * The lookups can be repeated by `up` only if none fails a preview: `up` recreates a Service, and with it the load
 * balancer, after the preview.
 */
export class Addresses extends pulumi.ComponentResource {
    /** The DNS name of each gateway's load balancer, by the gateway's key; without those that do not exist. */
    readonly balancers: pulumi.Output<Readonly<Record<string, string>>>;

    constructor(platform: Platform, { cluster, aws, zone, releases }: AddressesArgs) {
        super("sparc:cluster:Addresses", "addresses", {}, { providers: [aws], dependsOn: [...releases] });
        const keys = platform.config.gateways.serviceType === "LoadBalancer" ? GATEWAY_KEYS : [];
        const ids = pulumi.all(
            releases.filter((one) => pulumi.CustomResource.isInstance(one)).map(({ id }) => id),
        );
        // Unknown until the releases exist, so that a preview does not look up load balancers too early.
        const lookups = keys.map(
            (key) => [key, ids.apply(() => this.lookup(gatewayTags(cluster, key)))] as const,
        );
        for (const [key, lookup] of lookups) {
            const labels = exposures(platform.catalogue)
                .filter(({ exposure }) => exposure.gateway === key)
                .map(({ exposure }) => exposure.host);
            // Outputs, so that Pulumi and the policy pack know the releases that they come from. The list itself is known:
            // closed-settings rejects a preview in which a listed literal is unknown.
            const aliases = [
                {
                    name: fieldOf(lookup, "dnsName"),
                    zoneId: fieldOf(lookup, "zoneId"),
                    evaluateTargetHealth: true,
                },
            ];
            const register = (): void => {
                for (const label of [...new Set(labels)].sort()) {
                    const name = exposedHost(platform.config, label);
                    new DnsRecord(
                        `addresses-${label}`,
                        { zoneId: zone.zoneId, name, type: "A", aliases },
                        { parent: this, dependsOn: [...releases] },
                    );
                }
            };
            if (pulumi.runtime.isDryRun()) register();
            // Without its load balancer, a record keeps its state: the error below prevents its deletion.
            else
                lookup.apply((found) => {
                    if (found !== "missing") register();
                });
        }
        const all = pulumi.all(Object.fromEntries(lookups)) as pulumi.Output<Record<GatewayKey, Lookup>>;
        all.apply((found) => {
            reportMissing(
                cluster,
                keys.filter((key) => found[key] === "missing"),
            );
        });
        this.balancers = knownAfterUpdate(
            all.apply((found) =>
                Object.fromEntries(
                    Object.entries(found).flatMap(([key, one]) =>
                        one === "missing" ? [] : [[key, one.dnsName] as const],
                    ),
                ),
            ),
        );
        this.registerOutputs();
    }

    /** Lists load balancers first: to look up one that does not exist is an error. */
    private async lookup(tags: Record<string, string>): Promise<Lookup> {
        const [arn] = (await getLbs({ tags }, { parent: this })).arns;
        return arn === undefined ? "missing" : await getLoadBalancer({ arn }, { parent: this });
    }
}

/** The tags that the AWS Load Balancer Controller gives to the load balancer of a Service. */
function gatewayTags(cluster: string, key: GatewayKey): Record<string, string> {
    return {
        "elbv2.k8s.aws/cluster": cluster,
        "service.k8s.aws/stack": `${NAMESPACES.ingress}/${INGRESS_GATEWAYS[key]}`,
    };
}

/** Unknown without a load balancer: in a preview, an update may create it. */
function fieldOf(lookup: pulumi.Output<Lookup>, field: keyof Balancer): pulumi.Output<string> {
    return lookup.apply((found) => (found === "missing" ? (unknown as never) : found[field]));
}

/**
 * Fails an update without stopping it: Pulumi reports an error that no one catches, registers everything else, and
 * deletes nothing.
 *
 * @throws RunError that names all of them
 */
function reportMissing(cluster: string, keys: readonly GatewayKey[]): void {
    if (keys.length === 0) return;
    const lines = keys.map((key) => {
        const tags = Object.entries(gatewayTags(cluster, key)).map(([tag, value]) => `${tag}=${value}`);
        return `  - gateway ${key}: no load balancer has the tags ${tags.join(" and ")}`;
    });
    const names = keys.map((key) => INGRESS_GATEWAYS[key]).join(" ");
    const namespace = `-n ${NAMESPACES.ingress}`;
    const message = [
        "the load balancers of gateways do not exist, so their DNS records were not changed:",
        ...lines,
        `Check their Services and the events there (kubectl ${namespace} describe service ${names}): the AWS Load Balancer ` +
            "Controller creates the load balancers. Recreate a Service that does not exist from its Helm release " +
            `(helm ${namespace} get manifest <name> | kubectl ${namespace} apply -f -). Then run \`pulumi up\` again.`,
    ].join("\n");
    if (!pulumi.runtime.isDryRun()) throw runError(message);
    void pulumi.log.warn(message);
}

/** `{}` for a value that is unknown after an update with `--target`, where Pulumi would output a placeholder (a UUID). */
function knownAfterUpdate<T extends object>(value: pulumi.Output<T>): pulumi.Output<T> {
    if (pulumi.runtime.isDryRun()) return value;
    const applied = value as unknown as {
        apply: (map: (one: T) => T, runWithUnknowns: boolean) => pulumi.Output<T>;
    };
    return applied.apply((one) => (isUnknown(one) ? ({} as T) : one), true);
}
