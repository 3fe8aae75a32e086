/** The names under which clients find the gateways' load balancers. */
import { getLoadBalancerOutput } from "@pulumi/aws/lb/getLoadBalancer";
import type { Provider } from "@pulumi/aws/provider";
import { Record as DnsRecord } from "@pulumi/aws/route53/record";
import type { Zone } from "@pulumi/aws/route53/zone";
import * as pulumi from "@pulumi/pulumi";
import { exposures } from "../../../catalogue/query";
import { ENTRY_GATEWAYS, GATEWAY_KEYS, type GatewayKey, NAMESPACES, exposedHost } from "../../base/names";
import type { Platform } from "../../base/platform";

export interface AddressesArgs {
    readonly cluster: string;
    readonly aws: Provider;
    readonly zone: Zone;
    /** The gateways' releases: their load balancers are there when these are. */
    readonly releases: readonly pulumi.Resource[];
}

export class Addresses extends pulumi.ComponentResource {
    /** Each gateway's load balancer, by the gateway's key. */
    readonly balancers: Readonly<Record<GatewayKey, pulumi.Output<string>>>;

    constructor({ catalogue, config }: Platform, { cluster, aws, zone, releases }: AddressesArgs) {
        super("sparc:cluster:Addresses", "addresses", {}, { providers: [aws], dependsOn: [...releases] });
        // Unknown until they are there, so that a preview does not look for load balancers before.
        const ready = pulumi.all(
            releases.filter((one) => pulumi.CustomResource.isInstance(one)).map(({ id }) => id),
        );
        const found = GATEWAY_KEYS.map((key) => {
            const tags = ready.apply(() => ({
                "elbv2.k8s.aws/cluster": cluster,
                "service.k8s.aws/stack": `${NAMESPACES.ingress}/${ENTRY_GATEWAYS[key]}`,
            }));
            return [key, getLoadBalancerOutput({ tags }, { parent: this })] as const;
        });
        for (const [key, balancer] of found) {
            const labels = exposures(catalogue)
                .filter(({ exposure }) => exposure.gateway === key)
                .map(({ exposure }) => exposure.host);
            for (const label of [...new Set(labels)].sort()) {
                new DnsRecord(
                    `addresses-${label}`,
                    {
                        zoneId: zone.zoneId,
                        name: exposedHost(config, label),
                        type: "A",
                        aliases: [
                            {
                                name: balancer.dnsName,
                                zoneId: balancer.zoneId,
                                evaluateTargetHealth: true,
                            },
                        ],
                    },
                    { parent: this, dependsOn: [...releases] },
                );
            }
        }
        this.balancers = Object.fromEntries(
            found.map(([key, { dnsName }]) => [key, dnsName]),
        ) as unknown as Record<GatewayKey, pulumi.Output<string>>;
        this.registerOutputs();
    }
}
