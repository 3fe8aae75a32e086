import { Kept } from "../world/kept";
import { type Of, ROOT_NAMESPACE, type World } from "../world/world";
import { isExported, matchesDnsName, matchesLabels } from "./match";
import { type Step, type Workload, key, nameOf } from "./model";

type Sidecar = Of<"Sidecar">;

/** A host that a sidecar may know, of one of these namespaces. */
export interface Known {
    readonly host: string;
    /** Where its Services or ServiceEntries are that are exported to the caller; none if nothing makes it known. */
    readonly namespaces: readonly string[];
}

const sidecars = new Kept<{ readonly sidecar: Sidecar | undefined }>();

/**
 * Whether the caller's sidecar knows a host: whether its Sidecar object lists it, or there is none. What it does not
 * know it refuses or lets pass unread, by the mesh's outbound policy.
 */
export function scope(
    world: World,
    caller: Workload,
    { host, namespaces }: Known,
): Step & { readonly knows: boolean } {
    const { sidecar } = sidecars.of(world, caller, "", () => ({ sidecar: sidecarOf(world, caller) }));
    const step = { layer: "Sidecar" as const, at: nameOf(caller), conditions: [] };
    const mode = sidecar?.spec.outboundTrafficPolicy?.mode ?? world.outboundMode;
    const by = sidecar === undefined ? [] : [key(sidecar)];
    if (namespaces.length > 0 && (sidecar === undefined || imports(sidecar, host, namespaces))) {
        const text =
            sidecar === undefined ? "no Sidecar scopes the caller: it knows every host" : `lists ${host}`;
        return {
            ...step,
            knows: true,
            verdict: sidecar === undefined ? "not there" : "passes",
            objects: by,
            text,
        };
    }
    const why =
        namespaces.length === 0
            ? `no Service or ServiceEntry of ${host} is exported to ${caller.namespace}`
            : `the caller's sidecar does not know ${host}`;
    return mode === "REGISTRY_ONLY"
        ? {
              ...step,
              knows: false,
              verdict: "denies",
              objects: by,
              text: `${why}, and REGISTRY_ONLY refuses it`,
          }
        : {
              ...step,
              knows: false,
              verdict: "passes",
              objects: by,
              text: `${why}, and ${mode} lets it pass unread`,
          };
}

/** Its own, else its namespace's, else the mesh's. */
function sidecarOf(world: World, { namespace, labels }: Workload): Sidecar | undefined {
    const all = world.of("Sidecar");
    const isOwn = ({ spec }: Sidecar) => Object.keys(spec.workloadSelector?.labels ?? {}).length > 0;
    return (
        all.find(
            (one) =>
                one.metadata.namespace === namespace &&
                isOwn(one) &&
                matchesLabels(one.spec.workloadSelector?.labels, labels),
        ) ??
        all.find((one) => one.metadata.namespace === namespace && !isOwn(one)) ??
        all.find((one) => one.metadata.namespace === ROOT_NAMESPACE && !isOwn(one))
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
            const own = where === "." ? metadata.namespace : where;
            return own === "*" || namespaces.includes(own);
        });
}

/** The namespaces whose ServiceEntries make `host` known in `namespace`. */
export function entriesOf(world: World, host: string, namespace: string): Of<"ServiceEntry">[] {
    return world
        .of("ServiceEntry")
        .filter(
            ({ metadata, spec }) =>
                spec.hosts.some((own) => matchesDnsName(own, host)) &&
                isExported(spec.exportTo, metadata.namespace, namespace),
        );
}
