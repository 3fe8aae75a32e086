/** Changes of admission: which pods get a sidecar, and which Istio kinds exist. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, kindOf, type Mutation } from "../model";
import { addedWith } from "./added";
import { everywhere, put, set } from "./edit";

export function ofAdmission(resource: EvaluatedResource): Mutation[] {
    switch (kindOf(resource)) {
        case "MutatingWebhookConfiguration":
            return [
                ...everywhere(
                    "injection: a webhook outside the cluster",
                    resource,
                    "webhooks.*",
                    put("clientConfig", { url: "https://inject.example.net/inject", caBundle: "Q0E=" }),
                ),
                ...everywhere(
                    "injection: another path",
                    resource,
                    "webhooks.*.clientConfig.service",
                    put("path", "/validate"),
                ),
                ...everywhere(
                    "injection: no pods",
                    resource,
                    "webhooks.*.rules.*",
                    put("resources", ["configmaps"]),
                ),
            ];
        case "Service":
            return [
                changed(
                    "Service: managed by another controller",
                    resource,
                    set("metadata.annotations", { "tailscale.com/expose": "true" }),
                ),
            ];
        default:
            return [];
    }
}

/** Objects added to the stack. */
export function addedAdmission(): readonly Mutation[] {
    const optOut = { metadata: { labels: { "sidecar.istio.io/inject": "false" } } };
    return [
        addedWith("added: a policy that opts pods out", "kyverno.io/v1", "ClusterPolicy", "", "opt-out", {
            spec: {
                rules: [
                    {
                        name: "label",
                        match: { any: [{ resources: { kinds: ["Pod"] } }] },
                        mutate: { patchStrategicMerge: optOut },
                    },
                ],
            },
        }),
        addedWith(
            "added: a CRD of Istio's policies that serves no version",
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "",
            "authorizationpolicies.security.istio.io",
            {
                spec: {
                    group: "security.istio.io",
                    scope: "Namespaced",
                    names: { kind: "AuthorizationPolicy", plural: "authorizationpolicies" },
                    versions: [
                        {
                            name: "v1",
                            served: true,
                            storage: true,
                            schema: { openAPIV3Schema: { type: "object" } },
                        },
                    ],
                },
            },
        ),
    ];
}
