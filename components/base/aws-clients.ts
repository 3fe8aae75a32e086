/** Programs in the cluster that call AWS, by the service accounts that they run as. */
export const AWS_CLIENTS = {
    "cert-manager": { namespace: "cert-manager", serviceAccount: "cert-manager" },
    "cluster-autoscaler": { namespace: "kube-system", serviceAccount: "cluster-autoscaler" },
    "load-balancers": { namespace: "kube-system", serviceAccount: "aws-load-balancer-controller" },
} as const;
