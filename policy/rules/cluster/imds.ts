import { at, fields, numberAt, says, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

interface Config {
    readonly hops: number;
}

export const imds = objectRule<Config>({
    name: "cluster-imds",
    area: "cluster",
    title: "Machines give out their credentials by IMDSv2 alone, and not to pods",
    severity: "high",
    why: "by IMDSv1 one request that an application can be led to make returns the node's credentials",
    remedy: "Set metadataOptions.httpTokens to required and httpPutResponseHopLimit to 1 in the launch template, and name it in the node group.",
    judges: [
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/instance:Instance",
        "aws:eks/nodeGroup:NodeGroup",
    ],
    defaults: { hops: 1 },
    schema: {
        hops: { type: "integer", minimum: 1, description: "the most network hops; a pod is two away" },
    },
    examples: {
        refused: `
type: aws:ec2/launchTemplate:LaunchTemplate
name: nodes
properties: { metadataOptions: { httpTokens: optional } }
`,
        accepted: `
type: aws:ec2/launchTemplate:LaunchTemplate
name: nodes
properties: { metadataOptions: { httpTokens: required, httpPutResponseHopLimit: 1 } }
`,
    },
    *judge(subject, { hops }) {
        if (subject.id === "aws:eks/nodeGroup:NodeGroup") {
            // Its fields may be unknown in a preview; that there is one is not.
            if (Object.keys(fields(subject.props["launchTemplate"])).length > 0) return;
            yield {
                subject,
                wrong: "launchTemplate is not set, so its machines have AWS' own metadata options",
                fix: "name a launch template with metadataOptions.httpTokens required.",
            };
            return;
        }
        const options = at(subject.props, "metadataOptions");
        if (textAt(options, "httpEndpoint") === "disabled") return;
        if (textAt(options, "httpTokens") !== "required") {
            yield {
                subject,
                wrong: `metadataOptions.httpTokens is ${says(options) ? (textAt(options, "httpTokens") ?? "not set") : "not set"}, so IMDSv1 answers`,
                fix: "set it to required.",
            };
        }
        const limit = numberAt(options, "httpPutResponseHopLimit") ?? 1;
        if (limit <= hops) return;
        yield {
            subject,
            wrong: `metadataOptions.httpPutResponseHopLimit is ${limit}, so pods get the node's credentials`,
            fix: `set it to ${hops}.`,
        };
    },
});
