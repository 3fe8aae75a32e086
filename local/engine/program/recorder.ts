/** Records the resources of a program at construction, before anything is applied, and whose registration has begun. */
import type * as pulumi from "@pulumi/pulumi";
import { releaseInputs } from "../packaged";
import { type Planned } from "./protocol";

type Arguments = pulumi.ResourceTransformationArgs;

export class Recorder {
    readonly planned: Planned[] = [];
    private readonly byResource = new Map<pulumi.Resource, { path: string; protect: boolean }>();
    /** `<types of its parents>$<type>::<name>`. */
    private readonly constructed = new Set<string>();
    private readonly begun = new Set<string>();

    /**
     * Records a resource, from a stack transformation.
     *
     * @throws Error for a duplicate URN, as the Pulumi engine does.
     */
    record({ resource, type, name, props, opts }: Arguments): void {
        const parent = opts.parent === undefined ? undefined : this.byResource.get(opts.parent);
        const path = parent === undefined ? type : `${parent.path}$${type}`;
        const protect = opts.protect ?? parent?.protect ?? false;
        this.byResource.set(resource, { path, protect });
        const key = `${path}::${name}`;
        if (this.constructed.has(key)) {
            throw new Error(`two resources have the URN ${key}; rename one of them`);
        }
        this.constructed.add(key);
        this.planned.push(planned(type, protect, props));
    }

    /** Records that the registration of a resource has begun. */
    begin(urn: string): void {
        const [, , ...key] = urn.split("::");
        this.begun.add(key.join("::"));
    }

    /** Type and name of each resource that was constructed, and whose registration has not begun. */
    unregistered(): string[] {
        return [...this.constructed].filter((key) => !this.begun.has(key));
    }
}

function planned(type: string, protect: boolean, props: Record<string, unknown>): Planned {
    const metadata = (props["metadata"] ?? {}) as Record<string, unknown>;
    const { namespace, name } = releaseInputs({ type, inputs: props }) ?? metadata;
    return {
        type,
        protect,
        ...text("apiVersion", props["apiVersion"]),
        ...text("kind", props["kind"]),
        ...text("namespace", namespace),
        ...text("name", name),
    };
}

function text<Key extends string>(key: Key, value: unknown): { [K in Key]?: string } {
    return (typeof value === "string" ? { [key]: value } : {}) as { [K in Key]?: string };
}
