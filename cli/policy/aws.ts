/** What AWS would answer, as far as a program needs it to go on: names that nobody owns. */

/** Answers to the functions that programs ask for what is there already. */
export const ANSWERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    "aws:eks/getCluster:getCluster": {
        endpoint: "https://cluster.example.com",
        certificateAuthorities: [{ data: "" }],
    },
    "aws:lb/getLoadBalancer:getLoadBalancer": { dnsName: "balancer.example.com", zoneId: "Z0" },
};

/** What a resource has beyond its inputs once it is there. */
export function outputs(
    type: string,
    name: string,
    inputs: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
    if (!type.startsWith("aws:")) return {};
    const service = type.split(":")[1]?.split("/")[0] ?? "";
    return {
        // As the process that runs the program names it.
        id: `${type}/${name}`,
        arn: `arn:aws:${service}:::${name}`,
        name: inputs["name"] ?? name,
        latestVersion: 1,
        zoneId: "Z0",
        nameServers: ["ns.example.com"],
        endpoint: "https://cluster.example.com",
        certificateAuthority: { data: "" },
        ...(type === "aws:eks/cluster:Cluster"
            ? { vpcConfig: { ...(inputs["vpcConfig"] as object), clusterSecurityGroupId: `sg-${name}` } }
            : {}),
    };
}
