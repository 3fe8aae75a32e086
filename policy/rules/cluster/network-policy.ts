import { someOf, textAt, texts } from "../../core/read";
import { each, type Finding, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { containersOf, podsIn } from "../../core/workload";
import { parseYaml } from "../../core/yaml";

interface Config {
    readonly elsewhere: boolean;
    readonly strict: boolean;
}

export const networkPolicyOn = stackRule<Config>({
    name: "cluster-network-policy",
    area: "cluster",
    title: "An EKS cluster enforces NetworkPolicies",
    severity: "high",
    why: "the VPC CNI takes NetworkPolicies and enforces none of them until it is told to",
    remedy: 'Give the add-on vpc-cni the configuration enableNetworkPolicy: "true", or install another CNI that enforces them.',
    judges: [
        "aws:eks/cluster:Cluster",
        "aws:eks/addon:Addon",
        "helm.sh/Release",
        "apps/DaemonSet",
        "core/ConfigMap",
    ],
    defaults: { elsewhere: false, strict: false },
    schema: {
        elsewhere: { type: "boolean", description: "another stack installs what enforces them" },
        strict: {
            type: "boolean",
            description:
                "the VPC CNI must be in strict mode, in which a pod sends nothing before its policies are known",
        },
    },
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
    *judgeStack(world, { elsewhere, strict }) {
        const agents = world
            .all("apps/DaemonSet", "core/ConfigMap")
            .filter(({ name }) => name === "aws-node" || name === "amazon-vpc-cni");
        yield* each(agents, judgeAgent);
        if (strict) yield* each(world.all("aws:eks/addon:Addon"), judgeMode);
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

/** Charts of other CNIs, unless their values turn enforcement off. */
function isEnforcer({ props }: Subject): boolean {
    const isOff = textAt(props, "values", "policyEnforcementMode") === "never";
    return !isOff && /(^|\/)(calico|tigera-operator|cilium)$/.test(textAt(props, "chart") ?? "");
}

/** In any other mode a pod's first packets pass, whatever its policies are. */
function* judgeMode(subject: Subject): Iterable<Finding> {
    if (textAt(subject.props, "addonName") !== "vpc-cni") return;
    const values = parseYaml(textAt(subject.props, "configurationValues") ?? "{}", "configurationValues");
    const mode = textAt(values, "env", "NETWORK_POLICY_ENFORCING_MODE");
    if (mode === "strict") return;
    yield {
        subject,
        wrong: `env.NETWORK_POLICY_ENFORCING_MODE is ${mode ?? "not set"}, so a new pod may send and receive anything until its NetworkPolicies are there`,
        fix: "set it to strict in configurationValues, with a NetworkPolicy for every pod before it starts.",
    };
}

/** Both switches count: the policies' controller, and the agent on each node. */
function enforces({ props }: Subject): boolean {
    if (textAt(props, "addonName") !== "vpc-cni") return false;
    const values = parseYaml(textAt(props, "configurationValues") ?? "{}", "configurationValues");
    return (
        textAt(values, "enableNetworkPolicy") === "true" && textAt(values, "nodeAgent", "enabled") !== "false"
    );
}

/** The add-on's DaemonSet or ConfigMap, changed past the add-on. */
function* judgeAgent(subject: Subject): Iterable<Finding> {
    const off = podsIn(subject)
        .flatMap(containersOf)
        .flatMap(({ path, fields }) =>
            [...texts(fields["args"]), ...texts(fields["command"])]
                .filter((argument) => /^-*enable-network-policy[= ]false$/.test(argument))
                .map((argument) => `${path} has ${argument}`),
        );
    const said = textAt(subject.props, "data", "enable-network-policy-controller");
    if (said !== undefined && said !== "true") off.push(`data.enable-network-policy-controller is ${said}`);
    for (const wrong of off) {
        yield {
            subject,
            wrong: `${wrong}, so every NetworkPolicy is ignored`,
            fix: "remove it, and configure the add-on vpc-cni.",
        };
    }
}
