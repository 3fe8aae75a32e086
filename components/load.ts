/** Loads the program's inputs under the Pulumi engine. */
import * as pulumi from "@pulumi/pulumi";
import { CatalogueError } from "../catalogue/check";
import { loadCatalogue, PLATFORM_VARIABLE } from "../catalogue/load";
import { exampleValues } from "../config/examples";
import { ConfigError, fromEngine } from "../config/load";
import type { MeshConfig } from "../config/schema";
import type { Platform } from "./base/platform";
import { runError } from "./base/run-error";
import { assertPlatform } from "./check";

/**
 * Returns the validated catalogue and the engine's configuration.
 *
 * @throws RunError with all mistakes of one of the two: the engine prints its message without a stack trace
 */
export function platformFromEngine(): Platform {
    const stack = pulumi.getStack();
    const source = `configuration of stack ${stack}`;
    try {
        assertDefaultPlatform();
        const catalogue = loadCatalogue();
        const platform = { catalogue, config: fromEngine(stack, pulumi.runtime.allConfig(), isConfigSecret) };
        assertPlatform(source, platform);
        assertNoExamples(source, platform.config);
        return platform;
    } catch (error) {
        if (!(error instanceof CatalogueError || error instanceof ConfigError)) throw error;
        throw runError(error.message, error.name);
    }
}

/**
 * Another platform is for trials on a test cluster. In the state of a stack it would replace every object, also by
 * mistake, because a shell exports the variable.
 */
function assertDefaultPlatform(): void {
    const folder = process.env[PLATFORM_VARIABLE] ?? "";
    if (folder === "" || pulumi.runtime.getEngine() === undefined) return;
    throw runError(
        `${PLATFORM_VARIABLE} is ${folder}, which only \`mesh\` supports; unset it, or replace the parts of catalogue/platform.ts by those of ${folder}`,
        "PlatformError",
    );
}

/** Exported by the SDK, but missing in its types. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };

/**
 * Rejects values that are reserved for examples before an update at AWS creates anything. A preview only warns, and
 * without an engine nothing is deployed: the committed stacks must work there (ADR 43).
 */
function assertNoExamples(source: string, config: MeshConfig): void {
    if (config.cluster.from === "kubeconfig" || pulumi.runtime.getEngine() === undefined) return;
    const problems = exampleValues(config);
    if (problems.length === 0) return;
    const error = new ConfigError(source, problems);
    if (!pulumi.runtime.isDryRun()) throw error;
    void pulumi.log.warn(`${error.message}\nAn update rejects these values before it creates anything.`);
}
