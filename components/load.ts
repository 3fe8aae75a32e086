/** What the program is made from, under the Pulumi engine. */
import * as pulumi from "@pulumi/pulumi";
import { CatalogueError } from "../catalogue/check";
import { loadCatalogue } from "../catalogue/load";
import { ConfigError, fromEngine } from "../config/load";
import type { Platform } from "./base/platform";
import { assertPlatform } from "./check";

/**
 * The checked catalogue, and the configuration that the engine hands over.
 *
 * @throws RunError that lists all mistakes of one of the two: the engine prints its message without a stack trace.
 */
export function platformFromEngine(): Platform {
    const stack = pulumi.getStack();
    try {
        const catalogue = loadCatalogue();
        const platform = { catalogue, config: fromEngine(stack, pulumi.runtime.allConfig()) };
        assertPlatform(`configuration of stack ${stack}`, platform);
        return platform;
    } catch (error) {
        if (!(error instanceof CatalogueError || error instanceof ConfigError)) throw error;
        throw Object.assign(new pulumi.RunError(error.message), { name: error.name });
    }
}
