/**
 * Records what Pulumi's mocks do not pass on: protection, inherited from parents, names before anything is applied, and the
 * resources that inputs come from.
 */
import type * as pulumi from "@pulumi/pulumi";
import { type RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { releaseInputs } from "../packaged";
import { type Planned } from "./protocol";

type Register = MockMonitor["registerResource"];
type Arguments = pulumi.ResourceTransformationArgs;

export class Recorder {
    readonly planned: Planned[] = [];
    private readonly byResource = new Map<pulumi.Resource, { path: string; protect: boolean }>();
    private readonly urns = new Set<string>();
    private readonly protectedNames = new Set<string>();
    private readonly sources = new Map<string, Readonly<Record<string, readonly string[]>>>();

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
        const urn = `${path}::${name}`;
        if (this.urns.has(urn)) {
            throw new Error(`two resources have the URN ${urn}; rename one of them`);
        }
        this.urns.add(urn);
        if (protect) this.protectedNames.add(`${type}::${name}`);
        this.planned.push(planned(type, protect, props));
    }

    /** Records the property dependencies, which the SDK sends to the engine and the mocks drop. */
    intercept(): void {
        const { sources } = this;
        const { prototype } = MockMonitor;
        const original = Object.getOwnPropertyDescriptor(prototype, "registerResource")?.value as Register;
        prototype.registerResource = function (request: RegisterResourceRequest, callback) {
            const entries: [string, string[]][] = [];
            request.getPropertydependenciesMap().forEach((dependencies, input) => {
                const urns = dependencies.getUrnsList();
                if (urns.length > 0) entries.push([input, urns]);
            });
            sources.set(`${request.getType()}::${request.getName()}`, Object.fromEntries(entries));
            return original.call(this, request, callback);
        };
    }

    /** URNs of the resources that a resource's inputs come from, by input. */
    sourcesOf(type: string, name: string): Readonly<Record<string, readonly string[]>> {
        return this.sources.get(`${type}::${name}`) ?? {};
    }

    /** Whether a resource of this type and name is protected; the mocks do not distinguish several of them. */
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
