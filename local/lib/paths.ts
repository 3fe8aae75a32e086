import { homedir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** The embedded node's folders on the host. */
export interface Paths {
    /** The toolchain: built or downloaded once. `make down` keeps it. */
    readonly cache: string;
    /** Everything else of a node. `make down` removes it. */
    readonly state: string;
}

/** The two folders, by the XDG base directories or their defaults in the home folder. */
export function paths(env: Environment = process.env): Paths {
    const home = env["HOME"] ?? homedir();
    const base = (variable: string, fallback: string): string =>
        absolute(env[variable]) ?? join(home, fallback);
    return {
        cache: join(base("XDG_CACHE_HOME", ".cache"), "sparc-mesh", "toolchain"),
        state: join(base("XDG_STATE_HOME", ".local/state"), "sparc-mesh"),
    };
}

/** By the XDG specification, an empty or relative path counts as unset. */
function absolute(folder: string | undefined): string | undefined {
    return folder?.startsWith("/") ? folder : undefined;
}
