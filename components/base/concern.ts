import * as pulumi from "@pulumi/pulumi";
import type { Derived, Manifest } from "./manifest";
import type { Platform } from "./platform";
import { registerAll } from "./register";

/** A part of the mesh that can be derived and reviewed by itself. */
export interface Concern {
    /** Its name, which starts its resources' names. */
    readonly name: string;
    /** What it adds to the cluster: a pure function of the catalogue and the configuration. */
    readonly derive: (platform: Platform) => Derived;
    /** What is wrong with a configuration that only shows beside the catalogue. @default nothing can be */
    readonly check?: (platform: Platform) => readonly string[];
    /**
     * Which of its objects must still be there while anything that comes after it is: those that keep the mesh
     * closed. Its releases always are. @default none
     */
    readonly anchors?: (object: Manifest) => boolean;
}

/** How a concern's component is registered. */
export interface ConcernOptions {
    readonly provider: pulumi.ProviderResource;
    /** Concerns that must be complete first, such as the one whose release owns this one's CRDs. @default none */
    readonly after?: readonly ConcernComponent[];
}

/** A component that registers what a concern derives, and nothing else. */
export abstract class ConcernComponent extends pulumi.ComponentResource {
    /** Its releases and anchors, on which what comes after it depends by name. */
    readonly anchors: readonly pulumi.Resource[];

    protected constructor(concern: Concern, platform: Platform, { provider, after = [] }: ConcernOptions) {
        super(
            `sparc:mesh:${pascalCase(concern.name)}`,
            concern.name,
            {},
            { providers: [provider], dependsOn: [...after] },
        );
        const { releases, objects } = registerAll(concern.name, concern.derive(platform), {
            parent: this,
            // The component's own `dependsOn` makes its children wait, but the engine does not record it for them:
            // a destroy would remove CRDs together with what they define, and policies before workloads. To depend
            // on each child of `after` would record hundreds of names for each object.
            dependsOn: after.flatMap(({ anchors }) => anchors),
            protect: platform.config.protect,
        });
        const anchors = objects.filter(({ object }) => concern.anchors?.(object) ?? false);
        this.anchors = [...releases, ...anchors.map(({ resource }) => resource)];
        this.registerOutputs();
    }
}

function pascalCase(name: string): string {
    return name.replace(/(^|-)(\w)/g, (_match, _dash, letter: string) => letter.toUpperCase());
}
