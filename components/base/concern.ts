import * as pulumi from "@pulumi/pulumi";
import type { Flow } from "./flow";
import type { Derived, Manifest } from "./manifest";
import type { Platform } from "./platform";
import { type RegisteredAll, registerAll } from "./register";

/** A part of the mesh that can be derived and reviewed separately. */
export interface Concern {
    /** The prefix of its resources' names. */
    readonly name: string;
    /**
     * The concern that registered its objects in earlier releases. Pulumi aliases keep their identity in the stack's
     * state. @default none
     */
    readonly formerly?: { readonly name: string; readonly component: string };
    /** Returns the objects that it adds to the cluster: a pure function of the catalogue and the configuration. */
    readonly derive: (platform: Platform) => Derived;
    /** Returns the connections that it needs in the network. @default none */
    readonly flows?: (platform: Platform) => readonly Flow[];
    /** Returns the configuration's mistakes that only show together with the catalogue. @default none */
    readonly check?: (platform: Platform) => readonly string[];
    /**
     * Selects the objects that must outlive everything that comes after the concern: those that keep the mesh closed.
     * Its releases always do. @default none
     */
    readonly anchors?: (object: Manifest) => boolean;
    /** Whether an object of the concern must exist before a later one, and outlive it. @default none */
    readonly precedes?: (other: Manifest, object: Manifest) => boolean;
    /**
     * Selects the objects of earlier concerns that must outlive this concern's objects, in addition to anchors.
     * @default none
     */
    readonly needs?: (object: Manifest) => boolean;
    /**
     * Whether an object of a concern in `nextTo` must exist, and be ready, before one of this concern, and outlive it.
     * @default none
     */
    readonly follows?: (other: Manifest, object: Manifest) => boolean;
}

/** The options for registering a concern's component. */
export interface ConcernOptions {
    readonly provider: pulumi.ProviderResource;
    /** Concerns that must be complete first, such as the one whose release installs this one's CRDs. @default none */
    readonly after?: readonly ConcernComponent[];
    /** Concerns that it does not wait for as a whole, but for those objects that `follows` selects. @default none */
    readonly nextTo?: readonly ConcernComponent[];
    /** Other resources that must exist first and must outlive it. @default none */
    readonly dependsOn?: readonly pulumi.Resource[];
}

/** A component that registers the objects of one concern, and nothing else. */
export abstract class ConcernComponent extends pulumi.ComponentResource {
    /** Its releases and anchors. What comes after it depends on each of them by name. */
    readonly anchors: readonly pulumi.Resource[];
    private readonly objects: RegisteredAll["objects"];

    protected constructor(
        concern: Concern,
        platform: Platform,
        { provider, after = [], nextTo = [], dependsOn = [] }: ConcernOptions,
    ) {
        super(
            `sparc:mesh:${pascalCase(concern.name)}`,
            concern.name,
            {},
            { providers: [provider], dependsOn: [...after, ...dependsOn] },
        );
        const { releases, objects } = registerAll(concern.name, concern.derive(platform), {
            parent: this,
            // A component's `dependsOn` makes its children wait, but the engine does not record it for them: a
            // destroy would remove CRDs together with the objects that they define, and policies before workloads. A
            // dependency on every child of `after` would record hundreds of names for each object.
            dependsOn: [
                ...dependsOn,
                ...after.flatMap((other) => [...other.anchors, ...other.selected(concern.needs)]),
            ],
            formerly: concern.formerly,
            precedes: concern.precedes,
            followed: (object) =>
                nextTo.flatMap((other) => other.selected((one) => concern.follows?.(one, object) === true)),
            protect: platform.config.protect,
        });
        this.objects = objects;
        this.anchors = [...releases, ...this.selected(concern.anchors)];
        this.registerOutputs();
    }

    private selected(filter: ((object: Manifest) => boolean) | undefined): readonly pulumi.Resource[] {
        if (filter === undefined) return [];
        return this.objects.filter(({ object }) => filter(object)).map(({ resource }) => resource);
    }
}

function pascalCase(name: string): string {
    return name.replace(/(^|-)(\w)/g, (_match, _dash, letter: string) => letter.toUpperCase());
}
