/** Which engine deploys. */
import { type EngineName } from "./types";

export interface UsableCli {
    readonly usable: true;
    readonly version: string;
    /** Path of the program. */
    readonly program: string;
}

/** Whether the Pulumi CLI can be used here. */
export type CliState = UsableCli | { readonly usable: false; readonly because: string };

export interface Facts {
    readonly wanted: EngineName | "auto";
    readonly cli: CliState;
    /** The engine that has this stack in this cluster, if any. */
    readonly owner: EngineName | undefined;
}

/** An engine, and for people why it is this one. */
export type Choice =
    | { readonly engine: "in-process"; readonly why: string }
    | { readonly engine: "pulumi"; readonly why: string; readonly cli: UsableCli };

/**
 * The engine for a stack. Each keeps its own account of what it has made, so one never goes on where the other has
 * begun: it would find its objects taken, and prune nothing.
 *
 * @throws Error with the remedy where what is wanted cannot be.
 */
export function chooseEngine({ wanted, cli, owner }: Facts): Choice {
    const engine = wanted === "auto" ? (owner ?? (cli.usable ? "pulumi" : "in-process")) : wanted;
    if (owner !== undefined && owner !== engine) {
        throw new Error(
            `this stack was deployed to this cluster by the ${label(owner)}; go on with it (engine: ${owner}), or remove the stack first (make down)`,
        );
    }
    const why = reason({ wanted, cli, owner });
    if (engine === "in-process") return { engine, why };
    if (cli.usable) return { engine, why, cli };
    const alternative = owner === undefined ? ", or choose the in-process engine" : "";
    throw new Error(
        `the Pulumi CLI cannot be used: ${cli.because}; install it (https://www.pulumi.com/docs/install/, or npm install pulumi)${alternative}`,
    );
}

function reason({ wanted, cli, owner }: Facts): string {
    if (wanted !== "auto") return "it was asked for";
    if (owner !== undefined) return "it deployed this stack before";
    return cli.usable ? `Pulumi ${cli.version} is here` : cli.because;
}

function label(engine: EngineName): string {
    return engine === "pulumi" ? "Pulumi CLI" : "in-process engine";
}
