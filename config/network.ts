/** Addresses of a cluster that the stack does not make. Of one that it makes, it knows them. */
import { z } from "zod";
import { ipv4Network } from "./networks";

const cidr = ipv4Network("10.0.0.0/28");

export const network = z.strictObject({
    apiServer: z
        .array(cidr)
        .default([])
        .describe(
            "where the API server answers and from where it calls webhooks: the address of the Service `kubernetes` " +
                "and those of its endpoints (kubectl get endpointslices -n default kubernetes)",
        ),
    nodes: z
        .array(cidr)
        .default([])
        .describe("the nodes' addresses, at which Prometheus reads the kubelets' metrics"),
    pods: z
        .array(cidr)
        .default([])
        .describe("the pods' addresses; required with `egress.networks`, which must not reach pods"),
    services: z
        .array(cidr)
        .default([])
        .describe("the Services' addresses; required with `egress.networks`, which must not reach Services"),
    loadBalancers: z
        .array(cidr)
        .default([])
        .describe(
            "from where load balancers connect to the gateways: nobody else may speak the PROXY protocol to them",
        ),
});
