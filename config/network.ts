/** Address ranges of a cluster that the stack does not create. For one that it creates, the program knows them. */
import { z } from "zod";
import { ipv4Network } from "./networks";

const cidr = ipv4Network("10.0.0.0/28");

export const network = z.strictObject({
    apiServerCidrs: z
        .array(cidr)
        .default([])
        .describe(
            "CIDR blocks of the API server: the address of the Service `kubernetes` and those of its endpoints " +
                "(kubectl get endpointslices -n default kubernetes), from which it calls webhooks.",
        ),
    nodeCidrs: z
        .array(cidr)
        .default([])
        .describe("The nodes' CIDR blocks, in which Prometheus scrapes the kubelets."),
    podCidrs: z
        .array(cidr)
        .default([])
        .describe("The pods' CIDR blocks; required with `egress.networks`, which must not contain pods."),
    serviceCidrs: z
        .array(cidr)
        .default([])
        .describe(
            "The Services' CIDR blocks; required with `egress.networks`, which must not contain Services.",
        ),
    loadBalancerCidrs: z
        .array(cidr)
        .default([])
        .describe(
            "CIDR blocks of the load balancers in front of the gateways: only they can speak the PROXY protocol to a gateway.",
        ),
});
