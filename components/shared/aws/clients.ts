/** Programs in the cluster that call AWS APIs, by the service accounts that they run as. */
export const AWS_CLIENTS = {
    "cert-manager": { namespace: "cert-manager", serviceAccount: "cert-manager" },
    "private-ca": { namespace: "cert-manager", serviceAccount: "aws-privateca-issuer" },
    "cluster-autoscaler": { namespace: "kube-system", serviceAccount: "cluster-autoscaler" },
    "load-balancers": { namespace: "kube-system", serviceAccount: "aws-load-balancer-controller" },
} as const;

/** The address at which the node's agent gives pods their credentials (EKS user guide, "EKS Pod Identity Agent"). */
export const POD_IDENTITY = { cidr: "169.254.170.23/32", port: 80 } as const;
