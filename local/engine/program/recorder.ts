/** What Pulumi's mocks do not show: protection, inherited from parents, and the names before anything is applied. */
import type * as pulumi from "@pulumi/pulumi";
import { releaseInputs } from "../packaged";
import { type Planned } from "./protocol";

type Arguments = pulumi.ResourceTransformationArgs;

export class Recorder {
    readonly planned: Planned[] = [];
    private readonly byResource = new Map<pulumi.Resource, { path: string; protect: boolean }>();
    private readonly urns = new Set<string>();
    private readonly protectedNames = new Set<string>();

    /**
     * Takes note of a resource as a stack transformation sees it.
     *
     * @throws Error for two resources of one URN, as the Pulumi engine would.
     */
    record({ resource, type, name, props, opts }: Arguments): void {
        const parent = opts.parent === undefined ? undefined : this.byResource.get(opts.parent);
        const path = parent === undefined ? type : `${parent.path}$${type}`;
        const protect = opts.protect ?? parent?.protect ?? false;
        this.byResource.set(resource, { path, protect });
        const urn = `${path}::${name}`;
        if (this.urns.has(urn)) {
            throw new Error(`two resources have the URN ${urn}; give one of them another name`);
        }
        this.urns.add(urn);
        if (protect) this.protectedNames.add(`${type}::${name}`);
        this.planned.push(planned(type, protect, props));
    }

    /** Whether a resource of this type and name is protected; the mocks do not say which where there are several. */
    isProtected(type: string, name: string): boolean {
        return this.protectedNames.has(`${type}::${name}`);
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
