/** The objects that prod derives, also with a changed `edge` configuration. */
import { join } from "node:path";
import { platform as catalogue } from "../../catalogue/platform";
import type { Manifest } from "../../components/base/manifest";
import type { Platform } from "../../components/base/platform";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import type { MeshConfig } from "../../config/schema";

export const config = loadStackFile("prod", join(__dirname, "..", ".."));

export function withEdge(change: Partial<MeshConfig["edge"]>): MeshConfig {
    return { ...config, edge: { ...config.edge, ...change } };
}

export function objectsOf(platform: Partial<Platform> = {}): readonly Manifest[] {
    return deriveAll({ catalogue, config, ...platform }).objects;
}

/** Whether the gateways remove a client's header, by the expressions of the EnvoyFilter `client-headers`. */
export function isRemovedAtGateways(name: string): boolean {
    const filter = objectsOf().find(({ metadata }) => metadata.name === "client-headers");
    const matchers = JSON.stringify(filter).matchAll(
        /"key_matcher":\{"safe_regex":\{"regex":("(?:[^"\\]|\\.)*")/g,
    );
    return [...matchers].some(([, regex = ""]) =>
        new RegExp(`^(?:${JSON.parse(regex) as string})$`).test(name),
    );
}
