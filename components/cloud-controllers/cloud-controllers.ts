import type { EksConfig } from "../../config/cluster";
import type { MeshConfig } from "../../config/schema";
import { AUTOSCALER, LOAD_BALANCER_CONTROLLER } from "../../config/versions";
import { AWS_CLIENTS } from "../base/aws-clients";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { autoscalerTag } from "../base/images";
import type { Derived, Release } from "../base/manifest";
import type { Platform } from "../base/platform";
import { NOT_READY_KEY, placement } from "../base/pools";

function deriveCloudControllers({ config }: Platform): Derived {
    const { cluster } = config;
    if (cluster.from !== "eks") return { releases: [], objects: [] };
    return { releases: [loadBalancers(cluster), autoscaler(cluster, config)], objects: [] };
}

/** Makes the network load balancers that gateways' Services ask for, and nothing else. */
function loadBalancers(cluster: EksConfig): Release {
    const { namespace, serviceAccount } = AWS_CLIENTS["load-balancers"];
    return {
        name: serviceAccount,
        namespace,
        chart: {
            from: "repository",
            repository: "https://aws.github.io/eks-charts",
            name: "aws-load-balancer-controller",
            version: LOAD_BALANCER_CONTROLLER,
        },
        values: {
            clusterName: cluster.name,
            region: cluster.region,
            // Its pods do not reach the nodes' metadata, which would say which network it is.
            vpcTags: { Name: cluster.name },
            serviceAccount: { create: true, name: serviceAccount },
            replicaCount: 2,
            podDisruptionBudget: { maxUnavailable: 1 },
            ...placement({ cluster }, "system"),
            enableShield: false,
            enableWaf: false,
            enableWafv2: false,
            createIngressClassResource: false,
            // A Service says by annotation that it is this controller's. The webhook that would say it for all Services
            // refuses every one while its pods do not answer, istiod's own among them.
            enableServiceMutatorWebhook: false,
            controllerConfig: {
                featureGates: {
                    ServiceTypeLoadBalancerOnly: true,
                    NLBGatewayAPI: false,
                    ALBGatewayAPI: false,
                },
            },
        },
        after: [],
    };
}

/** Adds nodes to the pools for pods that find no room, and takes away those that stand empty. */
function autoscaler(cluster: EksConfig, config: Pick<MeshConfig, "images">): Release {
    const { namespace, serviceAccount } = AWS_CLIENTS["cluster-autoscaler"];
    return {
        name: serviceAccount,
        namespace,
        chart: {
            from: "repository",
            repository: "https://kubernetes.github.io/autoscaler",
            name: "cluster-autoscaler",
            version: AUTOSCALER.chart,
        },
        values: {
            fullnameOverride: serviceAccount,
            cloudProvider: "aws",
            awsRegion: cluster.region,
            autoDiscovery: { clusterName: cluster.name },
            image: { tag: autoscalerTag(config) },
            rbac: { serviceAccount: { create: true, name: serviceAccount } },
            ...placement({ cluster }, "system"),
            extraArgs: {
                // A pool's groups, one in each zone, grow alike.
                "balance-similar-node-groups": true,
                "skip-nodes-with-system-pods": false,
                // It goes by itself when istio-cni runs, so that a new node counts as room.
                "startup-taint": NOT_READY_KEY,
            },
        },
        after: [],
    };
}

export const cloudControllers: Concern = { name: "cloud-controllers", derive: deriveCloudControllers };

/** What in an EKS cluster acts on AWS for it: load balancers for Services, nodes for pods. */
export class CloudControllers extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(cloudControllers, platform, options);
    }
}
