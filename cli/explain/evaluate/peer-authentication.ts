import { Kept } from "../world/kept";
import { type Of, ROOT_NAMESPACE, type World } from "../world/world";
import { matchesLabels } from "./match";
import type { Workload } from "./model";

type PeerAuthentication = Of<"PeerAuthentication">;

export type MtlsMode = "STRICT" | "PERMISSIVE" | "DISABLE";

export interface Mtls {
    readonly mode: MtlsMode;
    /** The object that says so; none where Istio's default holds. */
    readonly by?: PeerAuthentication;
}

const modes = new Kept<Mtls>();

/** The mode on a pod's port: of the port in its own policy, of that policy, of its namespace's, of the mesh's. */
export function mtlsOf(world: World, workload: Workload, port: number): Mtls {
    return modes.of(world, workload, String(port), () => readMode(world, workload, port));
}

function readMode(world: World, { namespace, labels }: Workload, port: number): Mtls {
    const all = world.of("PeerAuthentication");
    const isOwn = ({ spec }: PeerAuthentication) => Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
    const own = all.find(
        (policy) =>
            policy.metadata.namespace === namespace &&
            isOwn(policy) &&
            matchesLabels(policy.spec.selector?.matchLabels, labels),
    );
    const wide = (where: string) =>
        all.find((policy) => policy.metadata.namespace === where && !isOwn(policy));
    const ofPort = own?.spec.portLevelMtls?.[String(port)]?.mode;
    if (own !== undefined && isMode(ofPort)) return { mode: ofPort, by: own };
    for (const policy of [own, wide(namespace), wide(ROOT_NAMESPACE)]) {
        const mode = policy?.spec.mtls?.mode;
        if (policy !== undefined && isMode(mode)) return { mode, by: policy };
    }
    return { mode: "PERMISSIVE" };
}

/** UNSET leaves it to the next. */
function isMode(mode: string | undefined): mode is MtlsMode {
    return mode === "STRICT" || mode === "PERMISSIVE" || mode === "DISABLE";
}
