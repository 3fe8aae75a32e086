import { fields, list, textAt, texts } from "../../core/read";
import { tooWide } from "../../core/networks";
import { objectRule } from "../../core/rule";

interface Config {
    readonly networks: readonly string[];
}

export const endpoint = objectRule<Config>({
    name: "cluster-endpoint",
    area: "cluster",
    title: "The API server of an EKS cluster is not reachable from the whole Internet",
    severity: "high",
    why: "with a stolen token or a vulnerability in the API server, an attacker only needs its public address",
    remediation:
        "Set endpointPublicAccess to false, or publicAccessCidrs to the networks of your organization.",
    appliesTo: ["aws:eks/cluster:Cluster"],
    defaults: { networks: [] },
    schema: {
        networks: {
            type: "array",
            items: { type: "string" },
            description:
                "the CIDRs that publicAccessCidrs may contain; if empty, any that are not the whole Internet",
        },
    },
    examples: {
        noncompliant: `
type: aws:eks/cluster:Cluster
name: mesh
properties: { vpcConfig: { subnetIds: [subnet-1], endpointPublicAccess: true } }
`,
        compliant: `
type: aws:eks/cluster:Cluster
name: mesh
properties: { vpcConfig: { subnetIds: [subnet-1], endpointPrivateAccess: true, endpointPublicAccess: true, publicAccessCidrs: [203.0.113.0/24] } }
`,
    },
    *evaluate(subject, { networks }) {
        const vpc = fields(subject.props["vpcConfig"]);
        // AWS' defaults apply if these fields are not set.
        if (textAt(vpc, "endpointPublicAccess") === "false") return;
        const cidrs = texts(vpc["publicAccessCidrs"]);
        const wide = list(vpc["publicAccessCidrs"]).length === 0 ? ["0.0.0.0/0"] : tooWide(cidrs);
        const unlisted = networks.length === 0 ? [] : cidrs.filter((cidr) => !networks.includes(cidr));
        if (wide.length === 0 && unlisted.length === 0) return;
        yield {
            subject,
            problem: `vpcConfig allows ${[...wide, ...unlisted].join(", ")} to reach the API server${cidrs.length === 0 ? ", which is AWS' default" : ""}`,
            fix: "set vpcConfig.endpointPublicAccess to false, or vpcConfig.publicAccessCidrs to the networks of your organization.",
        };
    },
});
