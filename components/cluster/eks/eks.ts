import type { Provider } from "@pulumi/aws/provider";
import { Zone } from "@pulumi/aws/route53/zone";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";
import type { Platform } from "../../base/platform";
import { podIdentityRoles } from "../../shared/aws/pod-identity";
import { externalDestinations } from "../../shared/addresses/private-networks";
import { eksKubeconfig } from "../kubeconfig";
import type { EksConnection } from "../provider";
import { AFTER_NODES, AddOns, BEFORE_NODES } from "./add-ons";
import { ApiServer } from "./api-server";
import { DnsFirewall } from "./dns-firewall";
import { Endpoints } from "./endpoints";
import { Identities } from "./identities";
import { FlowLogs } from "./flow-logs";
import { resolvableNames } from "./dns-names";
import { Network } from "./network";
import { NodeFirewall } from "./node-firewall";
import { NodePools } from "./node-pools";
import { awsProvider } from "./provider";

/** An EKS cluster with its VPC, its nodes and their AWS resources, and the hosted zone of the stack's domain. */
export class EksCluster extends pulumi.ComponentResource {
    readonly aws: Provider;
    readonly zone: Zone;
    readonly connection: EksConnection;
    /** Creates the add-ons whose pods need what is in `after`, such as their NetworkPolicies. */
    readonly addOns: (after: readonly pulumi.Resource[]) => readonly pulumi.Resource[];

    constructor(platform: Platform, config: EksConfig) {
        const { domain, protect, certificates } = platform.config;
        const meshCa = certificates.mesh.from === "aws-private-ca" ? certificates.mesh.arn : undefined;
        const aws = awsProvider(config);
        super("sparc:cluster:EksCluster", "cluster", {}, { providers: [aws] });
        this.aws = aws;
        const parent = { parent: this };
        // A recreated zone has other name servers, and the domain's delegation would have to change.
        this.zone = new Zone("cluster-zone", { name: domain, forceDestroy: false }, { ...parent, protect });
        const network = new Network("cluster-network", config, parent);
        new FlowLogs("cluster-flow-logs", { config, vpcId: network.vpc.id, protect }, parent);
        new DnsFirewall(
            "cluster-dns",
            { config, vpcId: network.vpc.id, names: resolvableNames(platform, config), protect },
            parent,
        );
        const endpoints = new Endpoints("cluster-endpoints", { config, network, meshCa }, parent);
        const { cluster } = new ApiServer("cluster-api", { config, network, protect }, parent);
        const clusterName = cluster.name;
        const firewall = new NodeFirewall(
            "cluster-firewall",
            {
                config,
                vpcId: network.vpc.id,
                apiServer: cluster.vpcConfig.clusterSecurityGroupId,
                destinations: externalDestinations(platform),
            },
            parent,
        );
        const early = new AddOns("cluster-add-ons", { config, clusterName, which: BEFORE_NODES }, parent);
        const nodes = new NodePools(
            "cluster-nodes",
            { config, network, clusterName, group: firewall.nodes.id },
            { ...parent, dependsOn: [...early.all, ...firewall.rules, ...endpoints.all] },
        );
        this.addOns = (after) =>
            new AddOns(
                "cluster-add-ons-late",
                { config, clusterName, which: AFTER_NODES },
                // Not a child: the cluster is created first (docs/get-started/aws.md), and these depend on objects in
                // it.
                {
                    providers: [aws],
                    aliases: [{ parent: this }],
                    dependsOn: [...nodes.groups, ...after],
                },
            ).all;
        const identities = new Identities(
            "cluster-identities",
            { config, clusterName, zoneArn: this.zone.arn, meshCa, services: podIdentityRoles(platform) },
            { ...parent, dependsOn: [...early.all] },
        );
        const { name, region, api } = config;
        this.connection = {
            kubeconfig: pulumi
                .all([cluster.endpoint, cluster.certificateAuthority])
                .apply(([endpoint, { data }]) =>
                    eksKubeconfig({ name, region, endpoint, authority: data, tunnel: api.tunnel }),
                ),
            endpoint: cluster.endpoint,
            // Depends on all of it, so that a destroy keeps nodes until nothing in the cluster needs one.
            dependsOn: [...firewall.rules, ...early.all, ...nodes.groups, ...identities.all],
        };
        this.registerOutputs();
    }
}
