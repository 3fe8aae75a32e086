/** EKS' managed add-ons, at the pinned versions, and the IAM roles of those that call AWS. */
import { Addon, type AddonArgs } from "@pulumi/aws/eks/addon";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";
import { EKS_ADDONS } from "../../../config/versions";
import { BEFORE_CNI, POOL_KEY } from "../../shared/pods/pools";
import { POD_TRUST } from "./permissions/document";
import { registerRole } from "./role";

type AddOn = keyof typeof EKS_ADDONS;

/** The add-ons' settings replace their own tolerations, so those of the add-ons are repeated. */
const CRITICAL = { key: "CriticalAddonsOnly", operator: "Exists" };
const ON_SYSTEM = {
    nodeSelector: { [POOL_KEY]: "system" },
    tolerations: [CRITICAL, ...BEFORE_CNI],
};

/** The settings of each, in its schema: `aws eks describe-addon-configuration`. */
const settingsOf = ({
    networkPolicyEnforcingMode,
}: EksConfig): Readonly<Record<AddOn, object | undefined>> => ({
    "vpc-cni": {
        // The mesh's NetworkPolicies require it.
        enableNetworkPolicy: "true",
        // Prefix delegation, 16 addresses at a time: a node with 8 vCPU runs 110 pods instead of 58, and starts them
        // sooner.
        env: {
            ENABLE_PREFIX_DELEGATION: "true",
            WARM_PREFIX_TARGET: "1",
            // Strict: a new pod's packets are dropped until its policies apply, instead of being allowed until then.
            NETWORK_POLICY_ENFORCING_MODE: networkPolicyEnforcingMode,
        },
    },
    "kube-proxy": undefined,
    "eks-pod-identity-agent": undefined,
    coredns: ON_SYSTEM,
    "aws-ebs-csi-driver": { controller: ON_SYSTEM, defaultStorageClass: { enabled: true } },
    // What HorizontalPodAutoscalers and `kubectl top` read.
    "metrics-server": ON_SYSTEM,
});

/** Add-ons without which a node does not become ready. The others need nodes first, and NetworkPolicies. */
export const BEFORE_NODES: readonly AddOn[] = ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"];
export const AFTER_NODES: readonly AddOn[] = ["coredns", "aws-ebs-csi-driver", "metrics-server"];

/** The add-ons' service accounts, in kube-system, and the AWS managed policy of each. */
const IDENTITIES: Partial<Readonly<Record<AddOn, { account: string; policy: string }>>> = {
    "vpc-cni": { account: "aws-node", policy: "AmazonEKS_CNI_Policy" },
    "aws-ebs-csi-driver": {
        account: "ebs-csi-controller-sa",
        policy: "service-role/AmazonEBSCSIDriverPolicy",
    },
};

export interface AddOnsArgs {
    readonly config: EksConfig;
    readonly clusterName: pulumi.Input<string>;
    readonly which: readonly AddOn[];
}

export class AddOns extends pulumi.ComponentResource {
    readonly all: readonly Addon[];

    constructor(
        name: string,
        { config, clusterName, which }: AddOnsArgs,
        options: pulumi.ComponentResourceOptions,
    ) {
        super("sparc:cluster:AddOns", name, {}, options);
        // A component's `dependsOn` makes its children wait. Set on each child, it also applies to a destroy, in
        // reverse order.
        const dependsOn = [options.dependsOn ?? []].flat() as pulumi.Resource[];
        this.all = which.map((addonName) => {
            const identity = this.identity(name, addonName);
            return new Addon(
                `${name}-${addonName}`,
                {
                    clusterName,
                    addonName,
                    addonVersion: EKS_ADDONS[addonName],
                    // The program's settings win over manual changes.
                    resolveConflictsOnCreate: "OVERWRITE",
                    resolveConflictsOnUpdate: "OVERWRITE",
                    ...settings(addonName, config),
                    ...identity.args,
                    tags: { Name: `${config.name}-${addonName}` },
                },
                { parent: this, dependsOn: [...dependsOn, ...identity.permissions] },
            );
        });
        this.registerOutputs();
    }

    private identity(
        name: string,
        addon: AddOn,
    ): { args: Partial<AddonArgs>; permissions: readonly pulumi.Resource[] } {
        const identity = IDENTITIES[addon];
        if (identity === undefined) return { args: {}, permissions: [] };
        const { role, permissions } = registerRole(
            { name: `${name}-${addon}-role`, trust: POD_TRUST, managed: [identity.policy] },
            this,
        );
        const association = { serviceAccount: identity.account, roleArn: role.arn };
        return { args: { podIdentityAssociations: [association] }, permissions };
    }
}

function settings(addon: AddOn, config: EksConfig): Pick<AddonArgs, "configurationValues"> {
    const values = settingsOf(config)[addon];
    return values === undefined ? {} : { configurationValues: JSON.stringify(values) };
}
