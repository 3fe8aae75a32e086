/** The versions of Istio that the node can run. */
import { chartsPart, type GoPart, type ModuleFiles } from "./programs";

/** The version under which stacks list the Istio of `programs.ts` (`istio.revisions`). */
export const MAIN_ISTIO = "1.31.1";

const MODULE = "local/toolchain/go/istio-1.30";

/** A version of Istio that is only built if a stack lists it. */
export interface OptionalIstio {
    readonly version: string;
    readonly programs: GoPart;
    readonly charts: ModuleFiles;
}

/**
 * The branch of Istio 1.30 at 2026-08-26, between 1.30.3 and 1.30.4, to upgrade from. It is built with istio.io/api
 * 1.30.8 and the main one's go-control-plane, because the Go module proxy does not serve the commits that it requires.
 */
export const optionalIstios: readonly OptionalIstio[] = [
    {
        version: "1.30.4",
        programs: {
            name: "istio-1.30",
            module: MODULE,
            programs: {
                "pilot-agent": "istio.io/istio/pilot/cmd/pilot-agent",
                "pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery",
            },
            variables: {
                "istio.io/istio/pkg/version.buildVersion": "1.30-dev",
                "istio.io/istio/pkg/version.buildGitRevision": "9739e10eb9d7",
            },
            expectedSeconds: 245,
        },
        charts: { ...chartsPart, name: "charts-1.30", module: MODULE },
    },
];
