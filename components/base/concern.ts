import * as pulumi from "@pulumi/pulumi";
import type { Derived, Manifest } from "./manifest";
import type { Platform } from "./platform";
import { type RegisteredAll, registerAll } from "./register";

/** A part of the mesh that can be derived and reviewed by itself. */
export interface Concern {
    /** Its name, which starts its resources' names. */
    readonly name: string;
    /** The concern that registered its objects in releases before: they keep their identity in the stack's state. @default none */
    readonly formerly?: { readonly name: string; readonly component: string };
    /** What it adds to the cluster: a pure function of the catalogue and the configuration. */
    readonly derive: (platform: Platform) => Derived;
    /** What is wrong with a configuration that only shows beside the catalogue. @default nothing can be */
    readonly check?: (platform: Platform) => readonly string[];
    /**
     * Which of its objects must still be there while anything that comes after it is: those that keep the mesh
     * closed. Its releases always are. @default none
     */
    readonly anchors?: (object: Manifest) => boolean;
    /** Which objects of concerns before it must still be there while its own are, besides their anchors. @default none */
    readonly needs?: (object: Manifest) => boolean;
}

/** How a concern's component is registered. */
export interface ConcernOptions {
    readonly provider: pulumi.ProviderResource;
    /** Concerns that must be complete first, such as the one whose release owns this one's CRDs. @default none */
    readonly after?: readonly ConcernComponent[];
    /** What else must be there first, and must outlive it. @default nothing */
    readonly dependsOn?: readonly pulumi.Resource[];
}

/** A component that registers what a concern derives, and nothing else. */
export abstract class ConcernComponent extends pulumi.ComponentResource {
    /** Its releases and anchors, on which what comes after it depends by name. */
    readonly anchors: readonly pulumi.Resource[];
    private readonly objects: RegisteredAll["objects"];

    protected constructor(
        concern: Concern,
        platform: Platform,
        { provider, after = [], dependsOn = [] }: ConcernOptions,
    ) {
        super(
            `sparc:mesh:${pascalCase(concern.name)}`,
            concern.name,
            {},
            { providers: [provider], dependsOn: [...after, ...dependsOn] },
        );
        const { releases, objects } = registerAll(concern.name, concern.derive(platform), {
            parent: this,
            // The component's own `dependsOn` makes its children wait, but the engine does not record it for them:
            // a destroy would remove CRDs together with what they define, and policies before workloads. To depend
            // on each child of `after` would record hundreds of names for each object.
            dependsOn: [
                ...dependsOn,
                ...after.flatMap((other) => [...other.anchors, ...other.which(concern.needs)]),
            ],
            formerly: concern.formerly,
            protect: platform.config.protect,
        });
        this.objects = objects;
        this.anchors = [...releases, ...this.which(concern.anchors)];
        this.registerOutputs();
    }

    private which(wanted: ((object: Manifest) => boolean) | undefined): readonly pulumi.Resource[] {
        if (wanted === undefined) return [];
        return this.objects.filter(({ object }) => wanted(object)).map(({ resource }) => resource);
    }
}

function pascalCase(name: string): string {
    return name.replace(/(^|-)(\w)/g, (_match, _dash, letter: string) => letter.toUpperCase());
}
