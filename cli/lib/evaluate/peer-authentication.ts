import { Memo } from "../snapshot/memo";
import { type ManifestOf, ROOT_NAMESPACE, type MeshSnapshot } from "../snapshot/snapshot";
import { matchesLabels } from "./match";
import type { Workload } from "./model";

type PeerAuthentication = ManifestOf<"PeerAuthentication">;

export type MtlsMode = "STRICT" | "PERMISSIVE" | "DISABLE";

export interface Mtls {
    readonly mode: MtlsMode;
    /** The deciding object; absent if Istio's default applies. */
    readonly by?: PeerAuthentication;
}

const modes = new Memo<Mtls>();

/** The mode of a pod's port: port-level, else workload, else namespace, else mesh-wide. */
export function mtlsOf(snapshot: MeshSnapshot, workload: Workload, port: number): Mtls {
    return modes.of(snapshot, workload, String(port), () => readMode(snapshot, workload, port));
}

function readMode(snapshot: MeshSnapshot, { namespace, labels }: Workload, port: number): Mtls {
    const all = snapshot.of("PeerAuthentication");
    const hasSelector = ({ spec }: PeerAuthentication) =>
        Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
    const ofWorkload = all.find(
        (policy) =>
            policy.metadata.namespace === namespace &&
            hasSelector(policy) &&
            matchesLabels(policy.spec.selector?.matchLabels, labels),
    );
    const defaultOf = (where: string) =>
        all.find((policy) => policy.metadata.namespace === where && !hasSelector(policy));
    const ofPort = ofWorkload?.spec.portLevelMtls?.[String(port)]?.mode;
    if (ofWorkload !== undefined && isMode(ofPort)) return { mode: ofPort, by: ofWorkload };
    for (const policy of [ofWorkload, defaultOf(namespace), defaultOf(ROOT_NAMESPACE)]) {
        const mode = policy?.spec.mtls?.mode;
        if (policy !== undefined && isMode(mode)) return { mode, by: policy };
    }
    return { mode: "PERMISSIVE" };
}

/** UNSET inherits from the next level. */
function isMode(mode: string | undefined): mode is MtlsMode {
    return mode === "STRICT" || mode === "PERMISSIVE" || mode === "DISABLE";
}
