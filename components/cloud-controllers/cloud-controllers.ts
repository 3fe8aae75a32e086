import type { EksConfig } from "../../config/cluster";
import type { MeshConfig } from "../../config/schema";
import { AUTOSCALER, LOAD_BALANCER_CONTROLLER } from "../../config/versions";
import { AWS_CLIENTS } from "../shared/aws/clients";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { drainOf } from "../base/drain";
import { AUTOSCALER_IMAGE, LOAD_BALANCER_IMAGE, pinned, repositoryAndTag } from "../shared/pods/images";
import type { Derived, Release } from "../base/manifest";
import type { Platform } from "../base/platform";
import { BEFORE_CNI, NOT_READY_KEY, placement } from "../shared/pods/pools";
import { clusterFlows } from "./flows";

function deriveCloudControllers({ config }: Platform): Derived {
    const { cluster } = config;
    if (cluster.from !== "eks") return { releases: [], objects: [] };
    return { releases: [loadBalancers(cluster, config), autoscaler(cluster, config)], objects: [] };
}

/** The AWS Load Balancer Controller, which creates the Network Load Balancers of the gateways' Services. */
function loadBalancers(cluster: EksConfig, config: Pick<MeshConfig, "images">): Release {
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
            image: repositoryAndTag(pinned(LOAD_BALANCER_IMAGE, config)),
            clusterName: cluster.name,
            region: cluster.region,
            // Its pods cannot reach the instance metadata, which would identify the VPC.
            vpcTags: { Name: cluster.name },
            serviceAccount: { create: true, name: serviceAccount },
            replicaCount: 2,
            podDisruptionBudget: { maxUnavailable: 1 },
            ...placement({ cluster }, "system", BEFORE_CNI),
            resources: {
                requests: { cpu: "50m", memory: "128Mi" },
                limits: { cpu: "500m", memory: "512Mi" },
            },
            enableShield: false,
            enableWaf: false,
            enableWafv2: false,
            createIngressClassResource: false,
            // The gateways' Services select this controller by annotation. The webhook that would do so for all
            // Services rejects every Service, istiod's included, while the controller's pods are not ready.
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

/** The cluster autoscaler, which adds nodes to the pools for unschedulable pods and removes empty ones. */
function autoscaler(cluster: EksConfig, config: Pick<MeshConfig, "gateways" | "images">): Release {
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
            image: repositoryAndTag(pinned(AUTOSCALER_IMAGE, config)),
            rbac: { serviceAccount: { create: true, name: serviceAccount } },
            ...placement({ cluster }, "system", BEFORE_CNI),
            resources: {
                requests: { cpu: "100m", memory: "256Mi" },
                limits: { cpu: "1", memory: "1Gi" },
            },
            extraArgs: {
                // A pool has one node group per zone, and they scale evenly.
                "balance-similar-node-groups": true,
                "skip-nodes-with-system-pods": false,
                // Every sidecar has emptyDir volumes, which hold nothing that must survive its pod. By default they would
                // keep each node of the mesh for ever (istio/istio#19395).
                "skip-nodes-with-local-storage": false,
                // By default it ends a pod after 600 s, whatever the pod's grace period.
                "max-graceful-termination-sec": drainOf(config).terminationGracePeriodSeconds,
                // istiod removes this taint when istio-cni is ready, so the autoscaler counts a new node as capacity.
                "startup-taint": NOT_READY_KEY,
            },
        },
        after: [],
    };
}

export const cloudControllers: Concern = {
    name: "cloud-controllers",
    derive: deriveCloudControllers,
    flows: clusterFlows,
};

/** The controllers of an EKS cluster that act on AWS: load balancers for Services, nodes for pods. */
export class CloudControllers extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(cloudControllers, platform, options);
    }
}
