/**
 * Resource transforms (`transforms:` of a resource and its parents, and the stack's), which Pulumi's engine calls before it
 * registers a resource, and its mocks do not: the resource's own first, then those of each parent, then the stack's.
 */
import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

type Arguments = pulumi.ResourceTransformationArgs;
type Transforms = readonly pulumi.ResourceTransform[];

/** The end of Pulumi's runtime that hands the stack's transforms to an engine. */
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
    /** By type and name: the mocks do not say which where there are several. */
    private readonly byName = new Map<string, Recorded>();

    /** Takes the stack's transforms, which would go to an engine, from here on. */
    intercept(): void {
        const { CallbackServer } = createRequire(__filename)("@pulumi/pulumi/runtime/callbacks") as Callbacks;
        CallbackServer.prototype.registerStackTransform = (transform) => void this.ofStack.push(transform);
    }

    /**
     * Takes note of a resource as a stack transformation sees it.
     *
     * @returns its arguments without the transforms, for which Pulumi would start a server; undefined where it has none
     */
    record({
        resource,
        type,
        name,
        props,
        opts,
    }: Arguments): pulumi.ResourceTransformationResult | undefined {
        const inherited = opts.parent === undefined ? [] : (this.byResource.get(opts.parent) ?? []);
        const { transforms: own = [], ...rest } = opts;
        const transforms = [...own, ...inherited];
        this.byResource.set(resource, transforms);
        this.byName.set(`${type}::${name}`, { transforms, opts: rest });
        return own.length === 0 ? undefined : { props, opts: rest };
    }

    /** The inputs after every transform. @throws whatever one throws */
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

/** What a transform returns may hold outputs and promises. */
function valueOf(props: Record<string, unknown>): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
        pulumi.output(props).apply((value) => {
            resolve(value);
        });
    });
}
