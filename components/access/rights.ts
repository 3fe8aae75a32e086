import { COMMON_LABELS } from "../base/labels";
import type { Manifest, Metadata } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { rolloutAutoscaler } from "../shared/flagger/autoscaler";
import { CANARY, FLAGGER, FLAGGER_API } from "../shared/flagger/flagger";
import { rollouts } from "../shared/flagger/rollouts";

const GROUP = "rbac.authorization.k8s.io";

/**
 * RBAC of Flagger: the objects of a rollout, in the services' namespace only. Its chart's role could read every
 * Secret. Flagger's release waits for this role, because Flagger does not start without it.
 */
export function rights(platform: Platform): Manifest[] {
    if (!platform.config.delivery.enabled) return [];
    const autoscales = rollouts(platform).some(
        ({ service }) => rolloutAutoscaler(platform, service) !== undefined,
    );
    const metadata: Metadata = { name: FLAGGER.name, namespace: NAMESPACES.services, labels: COMMON_LABELS };
    return [
        {
            apiVersion: `${GROUP}/v1`,
            kind: "Role",
            metadata,
            rules: [
                may("", ["services"], ["get", "list", "watch", "create", "update"]),
                may("", ["events"], ["create", "patch"]),
                may("apps", ["deployments"], ["get", "list", "watch", "create", "update", "patch"]),
                ...(autoscales
                    ? [may("autoscaling", ["horizontalpodautoscalers"], ["get", "create", "update"])]
                    : []),
                may(
                    "networking.istio.io",
                    ["virtualservices", "destinationrules"],
                    ["get", "list", "watch", "create", "update"],
                ),
                may(
                    FLAGGER_API.group,
                    [CANARY.plural, `${CANARY.plural}/status`, `${CANARY.plural}/finalizers`],
                    ["get", "list", "watch", "update", "patch"],
                ),
                may(FLAGGER_API.group, ["metrictemplates", "alertproviders"], ["get", "list", "watch"]),
            ],
        },
        {
            apiVersion: `${GROUP}/v1`,
            kind: "RoleBinding",
            metadata,
            roleRef: { apiGroup: GROUP, kind: "Role", name: FLAGGER.name },
            subjects: [{ kind: "ServiceAccount", name: FLAGGER.name, namespace: NAMESPACES.delivery }],
        },
    ];
}

function may(group: string, resources: string[], verbs: string[]) {
    return { apiGroups: [group], resources, verbs };
}
