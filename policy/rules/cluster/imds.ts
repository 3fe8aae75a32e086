import { at, fields, numberAt, isNonEmpty, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

interface Config {
    readonly hops: number;
}

/** Karpenter's node classes. Without options, its nodes require IMDSv2, with one hop since v1 and two before (karpenter.sh, "Upgrading"). */
const KARPENTER = ["karpenter.k8s.aws/EC2NodeClass", "karpenter.k8s.aws/AWSNodeTemplate"];
const KARPENTER_V1 = "karpenter.k8s.aws/v1";

export const imds = objectRule<Config>({
    name: "cluster-imds",
    area: "cluster",
    title: "Nodes only support IMDSv2, and pods cannot reach it",
    severity: "high",
    why: "with IMDSv1, a single server-side request forgery in an application returns the node's credentials",
    remediation:
        "Set metadataOptions.httpTokens to required and httpPutResponseHopLimit to 1 in the launch template, and reference it in the node group.",
    appliesTo: [
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/instance:Instance",
        "aws:eks/nodeGroup:NodeGroup",
        ...KARPENTER,
    ],
    defaults: { hops: 1 },
    schema: {
        hops: {
            type: "integer",
            minimum: 1,
            description: "maximum number of network hops; a pod is two hops away",
        },
    },
    examples: {
        noncompliant: `
type: aws:ec2/launchTemplate:LaunchTemplate
name: nodes
properties: { metadataOptions: { httpTokens: optional } }
`,
        compliant: `
type: aws:ec2/launchTemplate:LaunchTemplate
name: nodes
properties: { metadataOptions: { httpTokens: required, httpPutResponseHopLimit: 1 } }
`,
    },
    *evaluate(subject, { hops }) {
        if (subject.id === "aws:eks/nodeGroup:NodeGroup") {
            // Fields of the launch template may be unknown in a preview, but not its presence.
            if (Object.keys(fields(subject.props["launchTemplate"])).length > 0) return;
            yield {
                subject,
                problem: "launchTemplate is not set, so its nodes have AWS' default metadata options",
                fix: "reference a launch template with metadataOptions.httpTokens required.",
            };
            return;
        }
        const isKarpenter = KARPENTER.includes(subject.id);
        const path = isKarpenter ? "spec.metadataOptions" : "metadataOptions";
        const options = at(isKarpenter ? subject.spec : subject.props, "metadataOptions");
        if (textAt(options, "httpEndpoint") === "disabled") return;
        if ((textAt(options, "httpTokens") ?? (isKarpenter ? "required" : undefined)) !== "required") {
            yield {
                subject,
                problem: `${path}.httpTokens is ${isNonEmpty(options) ? (textAt(options, "httpTokens") ?? "not set") : "not set"}, so IMDSv1 is enabled`,
                fix: "set it to required.",
            };
        }
        const written = numberAt(options, "httpPutResponseHopLimit");
        const isOldKarpenter = isKarpenter && textAt(subject.props, "apiVersion") !== KARPENTER_V1;
        const limit = written ?? (isOldKarpenter ? 2 : 1);
        if (limit <= hops) return;
        yield {
            subject,
            problem: `${path}.httpPutResponseHopLimit is ${written ?? `not set, and ${limit} by default`}, so pods can get the node's credentials`,
            fix: `set it to ${hops}.`,
        };
    },
});
