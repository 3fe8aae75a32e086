/** The versions of Istio that the node can run. */
import { chartsPart, type GoPart, type ModuleFiles } from "./programs";

/** The version under which stacks list the Istio of `programs.ts` (`istio.revisions`). */
export const MAIN_ISTIO = "1.31.1";

const MODULE = "local/toolchain/go/istio-1.31.0";

/** A version of Istio that is only built if a stack lists it. */
export interface OptionalIstio {
    readonly version: string;
    readonly programs: GoPart;
    readonly charts: ModuleFiles;
}

/**
 * An older commit of Istio's main branch, of 2026-04-23, to upgrade from. It is built with the newer dependencies of the
 * main one, whose checksums are verified.
 */
export const optionalIstios: readonly OptionalIstio[] = [
    {
        version: "1.31.0",
        programs: {
            name: "istio-1.31.0",
            module: MODULE,
            programs: {
                "pilot-agent": "istio.io/istio/pilot/cmd/pilot-agent",
                "pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery",
            },
            variables: {
                "istio.io/istio/pkg/version.buildVersion": "1.31-dev",
                "istio.io/istio/pkg/version.buildGitRevision": "b01690e6db7d",
            },
            expectedSeconds: 245,
        },
        charts: { ...chartsPart, name: "charts-1.31.0", module: MODULE },
    },
];
