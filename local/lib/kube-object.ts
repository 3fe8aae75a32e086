/** The fields that every Kubernetes object has. */
export interface ObjectHead {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        /** Absent for a cluster-scoped object. */
        readonly namespace?: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
    };
}

/** A Kubernetes object of any kind. */
export interface KubeObject extends ObjectHead {
    readonly [field: string]: unknown;
}
