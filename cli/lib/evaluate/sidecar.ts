import { Memo } from "../snapshot/memo";
import { type ManifestOf, ROOT_NAMESPACE, type MeshSnapshot } from "../snapshot/snapshot";
import { isExported, matchesDnsName, matchesLabels } from "./match";
import { type LayerResult, type Workload, key, nameOf } from "./model";

type Sidecar = ManifestOf<"Sidecar">;

/** A host, and the namespaces that define it. */
export interface HostScope {
    readonly host: string;
    /** The namespaces of its Services or ServiceEntries that are exported to the caller; empty if there are none. */
    readonly namespaces: readonly string[];
}

const sidecars = new Memo<{ readonly sidecar: Sidecar | undefined }>();

/**
 * Whether the caller's sidecar has configuration for a host: its Sidecar object lists the host, or no Sidecar object
 * applies. The outbound traffic policy decides whether other hosts are blocked or passed through.
 */
export function sidecarScope(
    snapshot: MeshSnapshot,
    caller: Workload,
    { host, namespaces }: HostScope,
): LayerResult & { readonly isVisible: boolean } {
    const { sidecar } = sidecars.of(snapshot, caller, "", () => ({ sidecar: sidecarOf(snapshot, caller) }));
    const step = { layer: "Sidecar" as const, at: nameOf(caller), conditions: [] };
    const mode = sidecar?.spec.outboundTrafficPolicy?.mode ?? snapshot.outboundMode;
    const by = sidecar === undefined ? [] : [key(sidecar)];
    if (namespaces.length > 0 && (sidecar === undefined || imports(sidecar, host, namespaces))) {
        const text =
            sidecar === undefined
                ? "no Sidecar applies to the caller: every host is visible"
                : `lists ${host}`;
        return {
            ...step,
            isVisible: true,
            verdict: sidecar === undefined ? "not-configured" : "allowed",
            objects: by,
            text,
        };
    }
    const why =
        namespaces.length === 0
            ? `no Service or ServiceEntry of ${host} is exported to ${caller.namespace}`
            : `the caller's Sidecar does not list ${host}`;
    return mode === "REGISTRY_ONLY"
        ? {
              ...step,
              isVisible: false,
              verdict: "denied",
              objects: by,
              text: `${why}, and REGISTRY_ONLY blocks it`,
          }
        : {
              ...step,
              isVisible: false,
              verdict: "allowed",
              objects: by,
              text: `${why}, and ${mode} passes it through`,
          };
}

/** The Sidecar that selects the workload, else the namespace's default, else the mesh's default. */
function sidecarOf(snapshot: MeshSnapshot, { namespace, labels }: Workload): Sidecar | undefined {
    const all = snapshot.of("Sidecar");
    const hasSelector = ({ spec }: Sidecar) => Object.keys(spec.workloadSelector?.labels ?? {}).length > 0;
    return (
        all.find(
            (one) =>
                one.metadata.namespace === namespace &&
                hasSelector(one) &&
                matchesLabels(one.spec.workloadSelector?.labels, labels),
        ) ??
        all.find((one) => one.metadata.namespace === namespace && !hasSelector(one)) ??
        all.find((one) => one.metadata.namespace === ROOT_NAMESPACE && !hasSelector(one))
    );
}

function imports({ metadata, spec }: Sidecar, host: string, namespaces: readonly string[]): boolean {
    // A Sidecar without egress listeners restricts nothing.
    if (spec.egress === undefined || spec.egress.length === 0) return true;
    return spec.egress
        .flatMap(({ hosts }) => hosts)
        .some((entry) => {
            const slash = entry.indexOf("/");
            const [where, name] = slash < 0 ? ["*", entry] : [entry.slice(0, slash), entry.slice(slash + 1)];
            if (where === "~" || !matchesDnsName(name, host)) return false;
            const namespace = where === "." ? metadata.namespace : where;
            return namespace === "*" || namespaces.includes(namespace);
        });
}

/** The ServiceEntries of `host` that are exported to `namespace`. */
export function serviceEntriesFor(
    snapshot: MeshSnapshot,
    host: string,
    namespace: string,
): ManifestOf<"ServiceEntry">[] {
    return snapshot
        .of("ServiceEntry")
        .filter(
            ({ metadata, spec }) =>
                spec.hosts.some((pattern) => matchesDnsName(pattern, host)) &&
                isExported(spec.exportTo, metadata.namespace, namespace),
        );
}
