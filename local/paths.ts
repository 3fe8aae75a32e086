import { homedir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the embedded node keeps its things on the host. */
export interface Paths {
    /** What is built or downloaded once and kept: the toolchain. Survives `make down`. */
    readonly cache: string;
    /** Everything that belongs to one node. `make down` removes it whole. */
    readonly state: string;
}

/** The two folders, as the XDG base directories say, or below the home folder. */
export function paths(env: Environment = process.env): Paths {
    const home = env["HOME"] ?? homedir();
    const base = (variable: string, fallback: string): string =>
        absolute(env[variable]) ?? join(home, fallback);
    return {
        cache: join(base("XDG_CACHE_HOME", ".cache"), "sparc-mesh", "toolchain"),
        state: join(base("XDG_STATE_HOME", ".local/state"), "sparc-mesh"),
    };
}

/** As the specification has it, a folder that is empty or relative counts as not set. */
function absolute(folder: string | undefined): string | undefined {
    return folder?.startsWith("/") ? folder : undefined;
}
