import { someOf, textAt, texts } from "../../core/read";
import { each, type Violation, stackRule } from "../../core/rule";
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
    title: "EKS clusters enforce NetworkPolicies",
    severity: "high",
    why: "the VPC CNI accepts NetworkPolicies, but does not enforce them by default",
    remediation:
        'Configure the add-on vpc-cni with enableNetworkPolicy: "true", or install another CNI that enforces them.',
    appliesTo: [
        "aws:eks/cluster:Cluster",
        "aws:eks/addon:Addon",
        "helm.sh/Release",
        "apps/DaemonSet",
        "core/ConfigMap",
    ],
    defaults: { elsewhere: false, strict: false },
    schema: {
        elsewhere: { type: "boolean", description: "another stack installs the CNI that enforces them" },
        strict: {
            type: "boolean",
            description:
                "require the strict mode of the VPC CNI, in which a pod cannot send traffic before its policies are applied",
        },
    },
    examples: {
        noncompliant: `
type: aws:eks/cluster:Cluster
name: mesh
properties: {}
---
type: aws:eks/addon:Addon
name: vpc-cni
properties: { addonName: vpc-cni }
`,
        compliant: `
type: aws:eks/cluster:Cluster
name: mesh
properties: {}
---
type: aws:eks/addon:Addon
name: vpc-cni
properties: { addonName: vpc-cni, configurationValues: '{"enableNetworkPolicy":"true"}' }
`,
    },
    *evaluateStack(stack, { elsewhere, strict }) {
        const agents = stack
            .all("apps/DaemonSet", "core/ConfigMap")
            .filter(({ name }) => name === "aws-node" || name === "amazon-vpc-cni");
        yield* each(agents, evaluateAgent);
        if (strict) yield* each(stack.all("aws:eks/addon:Addon"), evaluateMode);
        const enforced =
            elsewhere ||
            someOf(stack.all("aws:eks/addon:Addon", "helm.sh/Release"), (subject) =>
                subject.kind === "Release" ? isEnforcer(subject) : enforces(subject),
            );
        if (enforced) return;
        yield* each(stack.all("aws:eks/cluster:Cluster"), function* (subject) {
            yield {
                subject,
                problem:
                    "no add-on vpc-cni of this stack has enableNetworkPolicy, so NetworkPolicies are not enforced",
                fix: 'set the configurationValues of the add-on vpc-cni to {"enableNetworkPolicy":"true"}.',
            };
        });
    },
});

/** Charts of other CNIs, unless their values disable enforcement. */
function isEnforcer({ props }: Subject): boolean {
    const isOff = textAt(props, "values", "policyEnforcementMode") === "never";
    return !isOff && /(^|\/)(calico|tigera-operator|cilium)$/.test(textAt(props, "chart") ?? "");
}

/** In any other mode, the first packets of a pod are not subject to its policies. */
function* evaluateMode(subject: Subject): Iterable<Violation> {
    if (textAt(subject.props, "addonName") !== "vpc-cni") return;
    const values = parseYaml(textAt(subject.props, "configurationValues") ?? "{}", "configurationValues");
    const mode = textAt(values, "env", "NETWORK_POLICY_ENFORCING_MODE");
    if (mode === "strict") return;
    yield {
        subject,
        problem: `env.NETWORK_POLICY_ENFORCING_MODE is ${mode ?? "not set"}, so a new pod can send and receive any traffic until its NetworkPolicies are applied`,
        fix: "set it to strict in configurationValues, with a NetworkPolicy for every pod before it starts.",
    };
}

/** Both settings are required: for the policy controller, and for the agent on each node. */
function enforces({ props }: Subject): boolean {
    if (textAt(props, "addonName") !== "vpc-cni") return false;
    const values = parseYaml(textAt(props, "configurationValues") ?? "{}", "configurationValues");
    return (
        textAt(values, "enableNetworkPolicy") === "true" && textAt(values, "nodeAgent", "enabled") !== "false"
    );
}

/** The add-on's DaemonSet or ConfigMap, changed without the add-on. */
function* evaluateAgent(subject: Subject): Iterable<Violation> {
    const off = podsIn(subject)
        .flatMap(containersOf)
        .flatMap(({ path, fields }) =>
            [...texts(fields["args"]), ...texts(fields["command"])]
                .filter((argument) => /^-*enable-network-policy[= ]false$/.test(argument))
                .map((argument) => `${path} has ${argument}`),
        );
    const controllerFlag = textAt(subject.props, "data", "enable-network-policy-controller");
    if (controllerFlag !== undefined && controllerFlag !== "true")
        off.push(`data.enable-network-policy-controller is ${controllerFlag}`);
    for (const problem of off) {
        yield {
            subject,
            problem: `${problem}, so NetworkPolicies are not enforced`,
            fix: "remove it, and configure the add-on vpc-cni.",
        };
    }
}
