/** What a stack consists of, as a generated file lists it: in the profile `closed`, nothing else is accepted. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Misconfigured } from "./read";
import { type PropertySchema } from "./rule";

export interface Baseline {
    /** Kinds, such as `core/Service`, by namespace; `""` for cluster-scoped objects. */
    readonly kinds: Readonly<Record<string, readonly string[]>>;
    /** Names of what is no Kubernetes object, by Pulumi type. */
    readonly resources: Readonly<Record<string, readonly string[]>>;
    /** Inputs of what is no Kubernetes object, by type, name and path: see `settingsOf` in `settings.ts`. */
    readonly settings: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;
    /** sha256 of pinned objects' content, by kind and `namespace/name`; `""` where only the name is listed. */
    readonly objects: Readonly<Record<string, Readonly<Record<string, string>>>>;
    /** Inputs of Helm releases, by `namespace/name` and path: see `flatten`. */
    readonly releases: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Configuration of every policy of the area `closed`. */
export interface WithBaseline {
    readonly baseline: string;
}

export const NO_BASELINE: WithBaseline = { baseline: "" };

export const BASELINE_SCHEMA: PropertySchema = {
    type: "string",
    pattern: "^[a-z0-9-]*$",
    description:
        "name of a file in policy/baseline without `.json`, written by `npm run generate:policy-baseline`; the policy is silent without one (profile `open`)",
};

const FOLDER = join(__dirname, "..", "baseline");
const loaded = new Map<string, Baseline>();

/** The baseline that a policy's configuration names; undefined in the profile `open`. @throws Misconfigured */
export function baselineOf({ baseline: name }: WithBaseline): Baseline | undefined {
    if (name === "") return undefined;
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const file = join(FOLDER, `${name}.json`);
    if (!existsSync(file)) {
        throw new Misconfigured(
            `there is no baseline ${name} in policy/baseline`,
            "run `npm run generate:policy-baseline`, or correct `baseline` in the policy's configuration.",
        );
    }
    const baseline = JSON.parse(readFileSync(file, "utf8")) as Baseline;
    loaded.set(name, baseline);
    return baseline;
}

/** What every message about a baseline ends with. */
export function howToList(name: string): string {
    return `remove it; if it is intended, run \`npm run generate:policy-baseline\` and have the diff of policy/baseline/${name}.json reviewed.`;
}
