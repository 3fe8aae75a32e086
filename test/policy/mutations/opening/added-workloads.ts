/** Pods and Secrets added to the stack. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { type Mutation } from "../model";
import { added, addedWith } from "./added";
import { meshedNamespaces } from "./places";

const APP = {
    name: "app",
    image: "registry.example.com/app:1.0.0",
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    resources: { requests: { cpu: "10m", memory: "10Mi" }, limits: { memory: "10Mi" } },
};
const POD = {
    serviceAccountName: "added",
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
};

/** In every namespace of the mesh. */
export function addedWorkloads(stack: readonly EvaluatedResource[]): Mutation[] {
    return meshedNamespaces(stack).flatMap((namespace) => [
        ...["istio-init", "istio-validation"].map((name) =>
            added(
                `added: an init container named ${name}`,
                "apps/v1",
                "Deployment",
                namespace,
                `with-${name}`,
                {
                    template: { spec: { ...POD, initContainers: [{ ...APP, name }], containers: [APP] } },
                },
            ),
        ),
        added(
            "added: a CloneSet without sidecars",
            "apps.kruise.io/v1alpha1",
            "CloneSet",
            namespace,
            "clones",
            {
                template: {
                    metadata: { labels: { "sidecar.istio.io/inject": "false" } },
                    spec: { ...POD, containers: [APP] },
                },
            },
        ),
        added("added: a token for istiod", "apps/v1", "Deployment", namespace, "token", {
            template: {
                spec: {
                    ...POD,
                    containers: [APP],
                    volumes: [
                        {
                            name: "t",
                            projected: {
                                sources: [{ serviceAccountToken: { audience: "istio-ca", path: "t" } }],
                            },
                        },
                    ],
                },
            },
        }),
        addedWith("added: a token that never ends", "v1", "Secret", namespace, "token", {
            type: "kubernetes.io/service-account-token",
        }),
        added("added: a workload in default", "apps/v1", "Deployment", "default", `stray-of-${namespace}`, {
            template: { spec: { ...POD, containers: [APP] } },
        }),
    ]);
}
