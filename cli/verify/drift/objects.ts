/** A Kubernetes object, as far as drift is concerned. */

export interface KubeObject {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        readonly namespace?: string;
        /** Only of what a cluster holds. Names one version of the object. */
        readonly resourceVersion?: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
        /** Whose it is; only of what a cluster holds. */
        readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
        /** Who changed what, and when; only of what a cluster holds. */
        readonly managedFields?: readonly { readonly time?: string }[];
    };
    readonly spec?: unknown;
    /** Of an admission webhook's configuration. */
    readonly webhooks?: readonly {
        readonly rules?: readonly WebhookRule[];
        /** Who is asked: a Service, or a URL. */
        readonly clientConfig?: {
            readonly url?: string;
            readonly service?: { readonly namespace: string; readonly name: string };
        };
    }[];
}

/** Of which objects the API server tells a webhook. */
export interface WebhookRule {
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
}

export function keyOf({ kind, metadata }: KubeObject): string {
    return `${kind} ${metadata.namespace ?? "_cluster"}/${metadata.name}`;
}

/** The labels that an object applies to; undefined for all of its namespace. */
export function selectorOf({ kind, spec }: KubeObject): Labels | undefined {
    const { selector, workloadSelector, podSelector } = (spec ?? {}) as Selectors;
    // A Gateway's selector is the labels themselves.
    const own = kind === "Gateway" ? (selector as Labels | undefined) : selector?.matchLabels;
    const labels = own ?? workloadSelector?.labels ?? podSelector?.matchLabels;
    return labels === undefined || Object.keys(labels).length === 0 ? undefined : labels;
}

type Labels = Readonly<Record<string, string>>;

interface Selectors {
    readonly selector?: { readonly matchLabels?: Labels };
    readonly workloadSelector?: { readonly labels?: Labels };
    readonly podSelector?: { readonly matchLabels?: Labels };
}
