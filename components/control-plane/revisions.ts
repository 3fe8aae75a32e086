/** Istio's revisions, and the one that the revision tag points to. */
import type { MeshConfig } from "../../config/schema";
import { COMMON_LABELS } from "../base/labels";
import type { MutatingWebhookConfigurationManifest } from "../base/manifest";
import { NAMESPACES, REVISION_TAG } from "../base/names";
import { istiodName } from "../../config/proxies";

/** A separate constant: the type in `kubernetes-types` has no `resources` in a rule, and rejects it in a literal. */
const POD_CREATION = {
    operations: ["CREATE"],
    apiGroups: [""],
    apiVersions: ["v1"],
    resources: ["pods"],
    scope: "*",
};

export type Revision = MeshConfig["istio"]["revisions"][number];

/** The revision that the tag points to. The schema ensures that there is one. */
export function stableRevision({ revisions, stable }: MeshConfig["istio"]): string {
    return stable ?? revisions[0]?.name ?? "";
}

/**
 * The injection webhook of the revision tag. The chart could create one, but it would belong to the release: it would
 * be removed with the old release before the new one exists, and pods would start without a sidecar in between. This
 * one only changes the istiod that it calls. istiod sets the CA bundle of every webhook configuration with its
 * revision.
 */
export function tagWebhook(config: MeshConfig): MutatingWebhookConfigurationManifest {
    const revision = stableRevision(config.istio);
    return {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingWebhookConfiguration",
        metadata: {
            name: `istio-revision-tag-${REVISION_TAG}`,
            labels: {
                ...COMMON_LABELS,
                app: "sidecar-injector",
                "istio.io/tag": REVISION_TAG,
                "istio.io/rev": revision,
            },
        },
        webhooks: [
            {
                name: "rev.namespace.sidecar-injector.istio.io",
                clientConfig: {
                    service: {
                        name: istiodName({ name: revision }),
                        namespace: NAMESPACES.system,
                        path: "/inject",
                        port: 443,
                    },
                },
                sideEffects: "None",
                admissionReviewVersions: ["v1"],
                failurePolicy: "Fail",
                reinvocationPolicy: "Never",
                matchPolicy: "Equivalent",
                timeoutSeconds: 10,
                rules: [POD_CREATION],
                namespaceSelector: {
                    matchExpressions: [
                        { key: "istio.io/rev", operator: "In", values: [REVISION_TAG] },
                        { key: "istio-injection", operator: "DoesNotExist" },
                    ],
                },
                objectSelector: {
                    matchExpressions: [
                        { key: "sidecar.istio.io/inject", operator: "NotIn", values: ["false"] },
                    ],
                },
            },
        ],
    };
}
