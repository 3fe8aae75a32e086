/** Which pods have a proxy, and of which of a stack's Istio revisions: what must be known before a revision is removed. */

/** The control plane's namespace. */
export const SYSTEM_NAMESPACE = "istio-system";

/** The annotation that injection sets on every pod with a proxy. */
export const REVISION_ANNOTATION = "istio.io/rev";

const ISTIOD = "istiod-";

/** The name of a revision's Helm release, Deployment and Service. */
export function istiodName({ name }: { readonly name: string }): string {
    return `${ISTIOD}${name}`;
}

/** The revision whose Helm release this is; undefined for another release. */
export function revisionOfRelease(release: {
    readonly namespace?: string;
    readonly name: string;
}): string | undefined {
    const isIstiod = release.namespace === SYSTEM_NAMESPACE && release.name.startsWith(ISTIOD);
    return isIstiod ? release.name.slice(ISTIOD.length) : undefined;
}

const PROXY_CONTAINER = "istio-proxy";
/** Selects another image for one pod's proxy. */
const PROXY_IMAGE_ANNOTATION = "sidecar.istio.io/proxyImage";
/** How many pods an error message names. */
const MAX_LISTED = 20;

interface ContainerFields {
    readonly name: string;
    readonly image?: string;
}

/** The fields of a pod that are read. */
export interface PodFields {
    readonly metadata?: {
        readonly namespace?: string;
        readonly name?: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
        readonly deletionTimestamp?: unknown;
        readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
    };
    readonly spec?: {
        readonly containers?: readonly ContainerFields[];
        /** A native sidecar is an init container. */
        readonly initContainers?: readonly ContainerFields[];
    };
    readonly status?: { readonly phase?: string };
}

/** A pod with a proxy that runs or will run. */
export interface Proxy {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly revision: string;
    /** Unknown if the pod selects another image than its revision's. */
    readonly image?: string;
    /** The Job that owns the pod, which runs to its end. Absent for other pods. */
    readonly job?: string;
}

/** The pod's proxy; undefined for a pod without one, and for one that has ended or is terminating. */
export function proxyOf({ metadata = {}, spec = {}, status = {} }: PodFields): Proxy | undefined {
    const { annotations = {}, namespace = "", name = "", labels = {} } = metadata;
    const revision = annotations[REVISION_ANNOTATION];
    const hasEnded = status.phase === "Succeeded" || status.phase === "Failed";
    if (revision === undefined || hasEnded || metadata.deletionTimestamp !== undefined) return undefined;
    const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
    const image = containers.find((container) => container.name === PROXY_CONTAINER)?.image;
    const isChosen = annotations[PROXY_IMAGE_ANNOTATION] !== undefined;
    const job = metadata.ownerReferences?.find(({ kind }) => kind === "Job")?.name;
    return {
        namespace,
        name,
        labels,
        revision,
        ...(image === undefined || isChosen ? {} : { image }),
        ...(job === undefined ? {} : { job }),
    };
}

/** Names the proxies, one a line; of many only the first. */
export function listProxies(proxies: readonly Proxy[]): string {
    const lines = proxies
        .slice(0, MAX_LISTED)
        .map(({ namespace, name, revision }) => `  ${namespace}/${name} (${revision})`);
    const more = proxies.length - lines.length;
    return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join("\n");
}

/**
 * Why these revisions cannot be removed: undefined if no proxy uses them. A proxy without its istiod keeps its last
 * configuration, gets no policy changes, and cannot renew its certificate.
 */
export function revisionsInUse(
    removed: ReadonlySet<string>,
    proxies: readonly Proxy[],
): { readonly message: string; readonly remedy: string } | undefined {
    const connected = proxies.filter(({ revision }) => removed.has(revision));
    if (connected.length === 0) return undefined;
    const names = [...new Set(connected.map(({ revision }) => revision))].sort().join(", ");
    return {
        message:
            `${connected.length === 1 ? "1 proxy uses" : `${connected.length} proxies use`} Istio revision ${names}, ` +
            `which the stack no longer lists, and would lose their control plane:\n${listProxies(connected)}`,
        remedy:
            `list ${names} in istio.revisions again, move the proxies with \`mesh upgrade\`, and then remove it ` +
            "(docs/tasks/upgrade-istio.md)",
    };
}
