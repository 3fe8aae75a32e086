import * as pulumi from "@pulumi/pulumi";
import type { Derived } from "./manifest";
import type { Platform } from "./platform";
import { registerAll } from "./register";

/** A part of the mesh that can be derived and reviewed by itself. */
export interface Concern {
    /** Its name, which starts its resources' names. */
    readonly name: string;
    /** What it adds to the cluster: a pure function of the catalogue and the configuration. */
    readonly derive: (platform: Platform) => Derived;
}

/** How a concern's component is registered. */
export interface ConcernOptions {
    readonly provider: pulumi.ProviderResource;
    /** Components that must be complete first, such as the one whose release owns this one's CRDs. @default none */
    readonly after?: readonly pulumi.ComponentResource[];
}

/** A component that registers what a concern derives, and nothing else. */
export abstract class ConcernComponent extends pulumi.ComponentResource {
    protected constructor(concern: Concern, platform: Platform, { provider, after = [] }: ConcernOptions) {
        super(
            `sparc:mesh:${pascalCase(concern.name)}`,
            concern.name,
            {},
            { providers: [provider], dependsOn: [...after] },
        );
        registerAll(concern.name, concern.derive(platform), {
            parent: this,
            // A component's own `dependsOn` delays its children but is not recorded for them, so that a destroy
            // would remove CRDs and what they define at once: each child names it again.
            dependsOn: after,
            protect: platform.config.protect,
        });
        this.registerOutputs();
    }
}

function pascalCase(name: string): string {
    return name.replace(/(^|-)(\w)/g, (_match, _dash, letter: string) => letter.toUpperCase());
}
