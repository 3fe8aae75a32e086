/** Simulated AWS responses and outputs, with names that do not exist. */

/** Results of the AWS functions that the program calls to look up existing resources. */
export function answers(
    variant: Variant = "first",
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
    const more = variant === "answers" ? "-2" : "";
    return {
        "aws:eks/getCluster:getCluster": {
            endpoint: `https://cluster${more}.example.com`,
            certificateAuthorities: [{ data: "" }],
        },
        "aws:ssm/getParameter:getParameter": { insecureValue: `0.0.0-20260101${more}` },
        "aws:lb/getLbs:getLbs": { arns: ["arn:aws:elasticloadbalancing:::loadbalancer/net/gateway"] },
        "aws:lb/getLoadBalancer:getLoadBalancer": {
            dnsName: `balancer${more}.example.com`,
            zoneId: `Z0${more}`,
        },
    };
}

/** Which set of values differs from the first run: inputs that change with it are derived from these values. */
export type Variant = "first" | "outputs" | "answers";

/** The outputs of a resource in addition to its inputs. */
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
        // The same ID as in the process that runs the program.
        id: `${type}/${name}`,
        arn: `arn:aws:${service}:::${name}${more}`,
        keyId: `key-${name}${more}`,
        ownerId: `owner-${name}${more}`,
        name: inputs["name"] ?? `${name}${more}`,
        // No launch template has version 0, so that a baseline's value is never that of an account.
        latestVersion: variant === "outputs" ? -1 : 0,
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
