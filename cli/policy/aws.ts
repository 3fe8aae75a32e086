/** What AWS would answer, as far as a program needs it to go on: names that nobody owns. */

/** Answers to the functions that programs ask for what is there already. */
export function answers(
    variant: Variant = "first",
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
    const more = variant === "answers" ? "-2" : "";
    return {
        "aws:eks/getCluster:getCluster": {
            endpoint: `https://cluster${more}.example.com`,
            certificateAuthorities: [{ data: "" }],
        },
        "aws:lb/getLoadBalancer:getLoadBalancer": {
            dnsName: `balancer${more}.example.com`,
            zoneId: `Z0${more}`,
        },
    };
}

/** Which values are others: what then differs in what a program registers is made of them. */
export type Variant = "first" | "outputs" | "answers";

/** What a resource has beyond its inputs once it is there. */
export function outputs(
    type: string,
    name: string,
    inputs: Readonly<Record<string, unknown>>,
    variant: Variant = "first",
): Readonly<Record<string, unknown>> {
    const more = variant === "outputs" ? "-2" : "";
    if (!type.startsWith("aws:")) return {};
    const service = type.split(":")[1]?.split("/")[0] ?? "";
    return {
        // As the process that runs the program names it.
        id: `${type}/${name}`,
        arn: `arn:aws:${service}:::${name}${more}`,
        name: inputs["name"] ?? `${name}${more}`,
        latestVersion: variant === "outputs" ? 2 : 1,
        zoneId: `Z0${more}`,
        nameServers: [`ns${more}.example.com`],
        endpoint: `https://cluster${more}.example.com`,
        certificateAuthority: { data: "" },
        ...(type === "aws:eks/cluster:Cluster"
            ? {
                  vpcConfig: {
                      ...(inputs["vpcConfig"] as object),
                      clusterSecurityGroupId: `sg-${name}${more}`,
                  },
              }
            : {}),
    };
}
