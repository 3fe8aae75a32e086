/** A Kubernetes object, with the fields that the drift comparison uses. */

import type { ObjectHead } from "../../../local/lib/kube-object";

export interface KubeObject extends ObjectHead {
    readonly metadata: ObjectHead["metadata"] & {
        /** Identifies a version of the object; only on objects from a cluster. */
        readonly resourceVersion?: string;
        /** Only on objects from a cluster. */
        readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
        /** Only on objects from a cluster. */
        readonly managedFields?: readonly { readonly time?: string }[];
    };
    readonly spec?: unknown;
    /** Only on admission webhook configurations. */
    readonly webhooks?: readonly {
        readonly rules?: readonly WebhookRule[];
        /** The webhook's endpoint: a Service, or a URL. */
        readonly clientConfig?: {
            readonly url?: string;
            readonly service?: { readonly namespace: string; readonly name: string };
        };
    }[];
}

/** The objects that a webhook receives. */
export interface WebhookRule {
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
}

export function keyOf({ kind, metadata }: KubeObject): string {
    return `${kind} ${metadata.namespace ?? "_cluster"}/${metadata.name}`;
}

/** The labels that an object selects; undefined if it applies to the whole namespace. */
export function selectorOf({ kind, spec }: KubeObject): Labels | undefined {
    const { selector, workloadSelector, podSelector } = (spec ?? {}) as Selectors;
    // A Gateway's selector is the labels themselves.
    const matchLabels = kind === "Gateway" ? (selector as Labels | undefined) : selector?.matchLabels;
    const labels = matchLabels ?? workloadSelector?.labels ?? podSelector?.matchLabels;
    return labels === undefined || Object.keys(labels).length === 0 ? undefined : labels;
}

type Labels = Readonly<Record<string, string>>;

interface Selectors {
    readonly selector?: { readonly matchLabels?: Labels };
    readonly workloadSelector?: { readonly labels?: Labels };
    readonly podSelector?: { readonly matchLabels?: Labels };
}
