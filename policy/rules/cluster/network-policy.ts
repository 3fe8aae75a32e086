import { someOf, textAt } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Config {
    readonly elsewhere: boolean;
}

export const networkPolicyOn = stackRule<Config>({
    name: "cluster-network-policy",
    area: "cluster",
    title: "An EKS cluster enforces NetworkPolicies",
    severity: "high",
    why: "the VPC CNI takes NetworkPolicies and enforces none of them until it is told to",
    remedy: 'Give the add-on vpc-cni the configuration enableNetworkPolicy: "true", or install another CNI that enforces them.',
    judges: ["aws:eks/cluster:Cluster", "aws:eks/addon:Addon", "helm.sh/Release"],
    defaults: { elsewhere: false },
    schema: { elsewhere: { type: "boolean", description: "another stack installs what enforces them" } },
    examples: {
        refused: `
type: aws:eks/cluster:Cluster
name: mesh
properties: {}
---
type: aws:eks/addon:Addon
name: vpc-cni
properties: { addonName: vpc-cni }
`,
        accepted: `
type: aws:eks/cluster:Cluster
name: mesh
properties: {}
---
type: aws:eks/addon:Addon
name: vpc-cni
properties: { addonName: vpc-cni, configurationValues: '{"enableNetworkPolicy":"true"}' }
`,
    },
    *judgeStack(world, { elsewhere }) {
        const enforced =
            elsewhere ||
            someOf(world.all("aws:eks/addon:Addon", "helm.sh/Release"), (subject) =>
                subject.kind === "Release" ? isEnforcer(subject) : enforces(subject),
            );
        if (enforced) return;
        yield* each(world.all("aws:eks/cluster:Cluster"), function* (subject) {
            yield {
                subject,
                wrong: "no add-on vpc-cni of this stack has enableNetworkPolicy, so every NetworkPolicy is ignored",
                fix: 'set the configurationValues of the add-on vpc-cni to {"enableNetworkPolicy":"true"}.',
            };
        });
    },
});

function isEnforcer({ props }: Subject): boolean {
    return /(^|\/)(calico|tigera-operator|cilium)$/.test(textAt(props, "chart") ?? "");
}

function enforces({ props }: Subject): boolean {
    const values = textAt(props, "configurationValues") ?? "";
    return textAt(props, "addonName") === "vpc-cni" && /enableNetworkPolicy"?\s*:\s*"?true/.test(values);
}
