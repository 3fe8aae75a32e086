/**
 * Resource transforms (`transforms:` of a resource, of its parents, and of the stack). Pulumi's engine calls them before it
 * registers a resource, its mocks do not: first the resource's, then those of each parent, then the stack's.
 */
import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

type Arguments = pulumi.ResourceTransformationArgs;
type Transforms = readonly pulumi.ResourceTransform[];

/** The part of Pulumi's runtime that passes the stack's transforms to an engine. */
interface Callbacks {
    readonly CallbackServer: {
        readonly prototype: { registerStackTransform: (transform: pulumi.ResourceTransform) => void };
    };
}

interface Recorded {
    readonly transforms: Transforms;
    readonly opts: pulumi.ResourceOptions;
}

export class ResourceTransforms {
    private readonly ofStack: pulumi.ResourceTransform[] = [];
    private readonly byResource = new Map<pulumi.Resource, Transforms>();
    /** By type and name: the mocks do not distinguish several resources with both in common. */
    private readonly byName = new Map<string, Recorded>();

    /** Intercepts the stack's transforms, which would be passed to an engine. */
    intercept(): void {
        const { CallbackServer } = createRequire(__filename)("@pulumi/pulumi/runtime/callbacks") as Callbacks;
        CallbackServer.prototype.registerStackTransform = (transform) => void this.ofStack.push(transform);
    }

    /**
     * Records a resource, from a stack transformation.
     *
     * @returns its arguments without the transforms, for which Pulumi would start a server; undefined if it has none
     */
    record({
        resource,
        type,
        name,
        props,
        opts,
    }: Arguments): pulumi.ResourceTransformationResult | undefined {
        const inherited = opts.parent === undefined ? [] : (this.byResource.get(opts.parent) ?? []);
        const { transforms: resourceTransforms = [], ...rest } = opts;
        const transforms = [...resourceTransforms, ...inherited];
        this.byResource.set(resource, transforms);
        this.byName.set(`${type}::${name}`, { transforms, opts: rest });
        return resourceTransforms.length === 0 ? undefined : { props, opts: rest };
    }

    /** The inputs after all transforms. @throws what a transform throws */
    async applied(
        { type, name, custom }: { readonly type: string; readonly name: string; readonly custom: boolean },
        inputs: Record<string, unknown>,
    ): Promise<Record<string, unknown>> {
        const { transforms = [], opts = {} } = this.byName.get(`${type}::${name}`) ?? {};
        let [props, options] = [inputs, opts];
        for (const transform of [...transforms, ...this.ofStack]) {
            const result = await transform({ custom, type, name, props, opts: options });
            if (result === undefined) continue;
            props = await valueOf(result.props);
            options = result.opts;
        }
        return props;
    }
}

/** Resolves outputs and promises in a transform's result. */
function valueOf(props: Record<string, unknown>): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
        pulumi.output(props).apply((value) => {
            resolve(value);
        });
    });
}
