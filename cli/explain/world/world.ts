/** What a cluster would hold: objects by kind, and what of the Helm releases decides about traffic. */
import type { Derived, Manifest, Release } from "../../../components/base/manifest";
import { NAMESPACES } from "../../../components/base/names";

/** A release as it is rendered: its chart does not matter here. */
export type RenderedRelease = Pick<Release, "name" | "namespace" | "values">;

/** Where the program's objects come from: derived just now, or read from files. */
export interface Objects {
    readonly objects: readonly Manifest[];
    readonly releases: readonly RenderedRelease[];
}

export type Kind = Manifest["kind"];
export type Of<K extends Kind> = Extract<Manifest, { kind: K }>;

export type Labels = Readonly<Record<string, string | undefined>>;

/** Istio's root namespace: policies here hold for the whole mesh. */
export const ROOT_NAMESPACE = NAMESPACES.system;

interface MeshValues {
    readonly meshConfig?: {
        readonly trustDomain?: string;
        readonly outboundTrafficPolicy?: { readonly mode?: string };
        readonly defaultHttpRetryPolicy?: { readonly attempts?: number; readonly retryOn?: string };
    };
}

export class World {
    readonly releases: readonly RenderedRelease[];
    private readonly byKind = new Map<string, Manifest[]>();

    constructor({ objects, releases }: Objects | Derived) {
        this.releases = releases;
        for (const object of objects) {
            const known = this.byKind.get(object.kind) ?? [];
            this.byKind.set(object.kind, known);
            known.push(object);
        }
    }

    /** All objects of a kind, in the order in which they came. */
    of<K extends Kind>(kind: K): readonly Of<K>[] {
        return (this.byKind.get(kind) ?? []) as Of<K>[];
    }

    get trustDomain(): string {
        return this.mesh.trustDomain ?? "cluster.local";
    }

    /** What a sidecar does with a host that it does not know. */
    get outboundMode(): string {
        return this.mesh.outboundTrafficPolicy?.mode ?? "ALLOW_ANY";
    }

    /** What holds for an HTTP route that says nothing of retries. */
    get defaultRetries(): { readonly attempts: number; readonly retryOn: string } {
        const { attempts = 2, retryOn = "connect-failure,refused-stream,unavailable,cancelled" } =
            this.mesh.defaultHttpRetryPolicy ?? {};
        return { attempts, retryOn };
    }

    /** A namespace's labels, with the one that Kubernetes sets. */
    namespaceLabels(name: string): Labels {
        const found = this.of("Namespace").find(({ metadata }) => metadata.name === name);
        return { ...found?.metadata.labels, "kubernetes.io/metadata.name": name };
    }

    private get mesh(): NonNullable<MeshValues["meshConfig"]> {
        const istiod = this.releases.find(({ name }) => /^istiod(-|$)/.test(name));
        return (istiod?.values as MeshValues | undefined)?.meshConfig ?? {};
    }
}
