import { fields, list, textAt, texts } from "../../core/read";
import { tooWide } from "../../core/networks";
import { objectRule } from "../../core/rule";

interface Config {
    readonly networks: readonly string[];
}

export const endpoint = objectRule<Config>({
    name: "cluster-endpoint",
    area: "cluster",
    title: "The API server of an EKS cluster does not answer the whole Internet",
    severity: "high",
    why: "whoever gets a token, or finds a flaw in the API server, needs no more than an address that everyone knows",
    remedy: "Set endpointPublicAccess to false, or publicAccessCidrs to your own networks.",
    judges: ["aws:eks/cluster:Cluster"],
    defaults: { networks: [] },
    schema: {
        networks: {
            type: "array",
            items: { type: "string" },
            description: "the only CIDRs that publicAccessCidrs may name; any but the Internet where empty",
        },
    },
    examples: {
        refused: `
type: aws:eks/cluster:Cluster
name: mesh
properties: { vpcConfig: { subnetIds: [subnet-1], endpointPublicAccess: true } }
`,
        accepted: `
type: aws:eks/cluster:Cluster
name: mesh
properties: { vpcConfig: { subnetIds: [subnet-1], endpointPrivateAccess: true, endpointPublicAccess: true, publicAccessCidrs: [203.0.113.0/24] } }
`,
    },
    *judge(subject, { networks }) {
        const vpc = fields(subject.props["vpcConfig"]);
        // AWS takes both for granted where nothing is said.
        if (textAt(vpc, "endpointPublicAccess") === "false") return;
        const cidrs = texts(vpc["publicAccessCidrs"]);
        const wide = list(vpc["publicAccessCidrs"]).length === 0 ? ["0.0.0.0/0"] : tooWide(cidrs);
        const strange = networks.length === 0 ? [] : cidrs.filter((cidr) => !networks.includes(cidr));
        if (wide.length === 0 && strange.length === 0) return;
        yield {
            subject,
            wrong: `vpcConfig lets ${[...wide, ...strange].join(", ")} reach the API server${cidrs.length === 0 ? ", which is AWS' default" : ""}`,
            fix: "set vpcConfig.endpointPublicAccess to false, or vpcConfig.publicAccessCidrs to your own networks.",
        };
    },
});
