/** The objects that a cluster would hold, by kind, and the traffic settings of its Helm releases. */
import type { Derived, Manifest, Release } from "../../../components/base/manifest";
import { NAMESPACES } from "../../../components/base/names";

/** A rendered release, without its chart. */
export type RenderedRelease = Pick<Release, "name" | "namespace" | "values">;

/** Objects and releases, derived from the catalogue or read from files. */
export interface MeshObjects {
    readonly objects: readonly Manifest[];
    readonly releases: readonly RenderedRelease[];
}

export type ManifestKind = Manifest["kind"];
export type ManifestOf<K extends ManifestKind> = Extract<Manifest, { kind: K }>;

export type Labels = Readonly<Record<string, string | undefined>>;

/** Istio's root namespace: policies in it apply to the whole mesh. */
export const ROOT_NAMESPACE = NAMESPACES.system;

interface MeshValues {
    readonly meshConfig?: {
        readonly trustDomain?: string;
        readonly outboundTrafficPolicy?: { readonly mode?: string };
        readonly defaultHttpRetryPolicy?: { readonly attempts?: number; readonly retryOn?: string };
    };
}

export class MeshSnapshot {
    readonly releases: readonly RenderedRelease[];
    private readonly byKind = new Map<string, Manifest[]>();

    constructor({ objects, releases }: MeshObjects | Derived) {
        this.releases = releases;
        for (const object of objects) {
            const known = this.byKind.get(object.kind) ?? [];
            this.byKind.set(object.kind, known);
            known.push(object);
        }
    }

    /** All objects of a kind, in input order. */
    of<K extends ManifestKind>(kind: K): readonly ManifestOf<K>[] {
        return (this.byKind.get(kind) ?? []) as ManifestOf<K>[];
    }

    get trustDomain(): string {
        return this.mesh.trustDomain ?? "cluster.local";
    }

    /** How sidecars handle unknown hosts. */
    get outboundMode(): string {
        return this.mesh.outboundTrafficPolicy?.mode ?? "ALLOW_ANY";
    }

    /** The retry policy of HTTP routes without one. */
    get defaultRetries(): { readonly attempts: number; readonly retryOn: string } {
        const { attempts = 2, retryOn = "connect-failure,refused-stream,unavailable,cancelled" } =
            this.mesh.defaultHttpRetryPolicy ?? {};
        return { attempts, retryOn };
    }

    /** A namespace's labels, including the name label that Kubernetes sets. */
    namespaceLabels(name: string): Labels {
        const namespace = this.of("Namespace").find(({ metadata }) => metadata.name === name);
        return { ...namespace?.metadata.labels, "kubernetes.io/metadata.name": name };
    }

    private get mesh(): NonNullable<MeshValues["meshConfig"]> {
        const istiod = this.releases.find(({ name }) => /^istiod(-|$)/.test(name));
        return (istiod?.values as MeshValues | undefined)?.meshConfig ?? {};
    }
}
