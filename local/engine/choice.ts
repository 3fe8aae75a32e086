/** Chooses the engine. */
import { type EngineName } from "./types";

export interface UsableCli {
    readonly usable: true;
    readonly version: string;
    /** The path of the program. */
    readonly program: string;
}

/** Whether the Pulumi CLI can be used here. */
export type CliState = UsableCli | { readonly usable: false; readonly because: string };

export interface EngineFacts {
    readonly requested: EngineName | "auto";
    readonly cli: CliState;
    /** The engine that deployed this stack to this cluster before, if any. */
    readonly owner: EngineName | undefined;
}

/** An engine, and the reason for people. */
export type Choice =
    | { readonly engine: "in-process"; readonly why: string }
    | { readonly engine: "pulumi"; readonly why: string; readonly cli: UsableCli };

/**
 * Chooses the engine for a stack. Each engine has a separate state, so one must not continue a deployment of the other: it
 * would find foreign objects, and prune nothing.
 *
 * @throws Error with the remedy if the requested engine cannot be used.
 */
export function chooseEngine({ requested, cli, owner }: EngineFacts): Choice {
    const engine = requested === "auto" ? (owner ?? (cli.usable ? "pulumi" : "in-process")) : requested;
    if (owner !== undefined && owner !== engine) {
        throw new Error(
            `this stack was deployed to this cluster by the ${label(owner)}; use it again (engine: ${owner}), or remove the stack first (make down)`,
        );
    }
    const why = reason({ requested, cli, owner });
    if (engine === "in-process") return { engine, why };
    if (cli.usable) return { engine, why, cli };
    const alternative = owner === undefined ? ", or choose the in-process engine" : "";
    throw new Error(
        `the Pulumi CLI is not available: ${cli.because}; install it (https://www.pulumi.com/docs/install/, or npm install pulumi)${alternative}`,
    );
}

function reason({ requested, cli, owner }: EngineFacts): string {
    if (requested !== "auto") return "it was requested";
    if (owner !== undefined) return "it deployed this stack before";
    return cli.usable ? `Pulumi ${cli.version} is installed` : cli.because;
}

function label(engine: EngineName): string {
    return engine === "pulumi" ? "Pulumi CLI" : "in-process engine";
}
