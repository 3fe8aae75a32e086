/**
 * Resource transforms (`transforms:` of a resource, of its parents, and of the stack). The engine applies them to each
 * registration (`RegisterResource` in pulumi/pkg/resource/deploy/source_eval.go), Pulumi's mocks do not. The SDK serves
 * them as callbacks; this calls them as the engine does, so that properties and options pass the same conversions.
 */
import * as grpc from "@grpc/grpc-js";
import { type Struct } from "google-protobuf/google/protobuf/struct_pb";
import { CallbacksClient } from "@pulumi/pulumi/proto/callback_grpc_pb";
import { type Callback, CallbackInvokeRequest } from "@pulumi/pulumi/proto/callback_pb";
import * as messages from "@pulumi/pulumi/proto/resource_pb";

/** The resource that a transform gets, in addition to its properties and options. */
export interface Transformed {
    readonly type: string;
    readonly name: string;
    readonly custom: boolean;
    /** The parent's URN; empty if it has none. */
    readonly parent: string;
}

/** A transform threw an error. */
class TransformError extends Error {
    constructor({ type, name }: Transformed, details: string) {
        super(`${type} "${name}": ${details}`);
        this.name = "TransformError";
    }
}

interface Result {
    readonly properties: Struct;
    readonly options: messages.TransformResourceOptions;
}

export class ResourceTransforms {
    private readonly ofStack: Callback[] = [];
    private readonly byUrn = new Map<
        string,
        { readonly parent: string; readonly transforms: readonly Callback[] }
    >();
    private readonly clients = new Map<string, CallbacksClient>();

    addToStack(transform: Callback): void {
        this.ofStack.push(transform);
    }

    /** Applies all transforms to a registration, and records its own for its children. @throws TransformError if one throws */
    async apply(request: messages.RegisterResourceRequest, urn: string): Promise<void> {
        const [transforms, parent] = [request.getTransformsList(), request.getParent()];
        this.byUrn.set(urn, { parent, transforms });
        const all = [...transforms, ...this.inherited(parent)];
        const given = request.getObject();
        if (all.length === 0 || given === undefined) return;
        const resource = {
            ...{ type: request.getType(), name: request.getName() },
            ...{ custom: request.getCustom(), parent },
        };
        const { properties, options } = await this.called(all, resource, {
            properties: given,
            options: optionsOf(request),
        });
        request.setObject(properties);
        // An option that the result omits is not the registration's: it has the engine's default.
        request.setDependenciesList(options.getDependsOnList());
        request.setDeletedwith(options.getDeletedWith());
        request.setProtect(options.getProtect() ?? false);
        request.setProvider(options.getProvider());
        request.setImportid(options.getImport());
        // As in the engine: the SDK's result has no dependencies, and only the resource's own transforms discard the earlier ones.
        if (transforms.length > 0) request.getPropertydependenciesMap().clear();
    }

    /** The properties of a resource that another process registers, as a child of `resource.parent`. */
    async ofChild(resource: Transformed, properties: Struct): Promise<Struct> {
        const options = new messages.TransformResourceOptions();
        const result = await this.called(this.inherited(resource.parent), resource, { properties, options });
        return result.properties;
    }

    private inherited(parent: string): Callback[] {
        const all: Callback[] = [];
        for (let at = this.byUrn.get(parent); at !== undefined; at = this.byUrn.get(at.parent))
            all.push(...at.transforms);
        return [...all, ...this.ofStack];
    }

    /** @throws TransformError if a transform throws */
    private async called(all: readonly Callback[], resource: Transformed, given: Result): Promise<Result> {
        let result = given;
        for (const transform of all) result = await this.call(transform, resource, result);
        return result;
    }

    private async call(
        transform: Callback,
        resource: Transformed,
        { properties, options }: Result,
    ): Promise<Result> {
        const { type, name, custom, parent } = resource;
        const request = new messages.TransformRequest();
        request.setType(type).setName(name).setCustom(custom).setParent(parent);
        request.setProperties(properties).setOptions(options);
        const invocation = new CallbackInvokeRequest();
        invocation.setToken(transform.getToken()).setRequest(request.serializeBinary());
        const bytes = await new Promise<Uint8Array>((resolve, reject) => {
            this.client(transform.getTarget()).invoke(invocation, (error, response) => {
                if (error === null) resolve(response.getResponse_asU8());
                else reject(new TransformError(resource, error.details));
            });
        });
        const response = messages.TransformResponse.deserializeBinary(bytes);
        return {
            properties: response.getProperties() ?? properties,
            options: response.getOptions() ?? options,
        };
    }

    private client(target: string): CallbacksClient {
        const client =
            this.clients.get(target) ?? new CallbacksClient(target, grpc.credentials.createInsecure());
        this.clients.set(target, client);
        return client;
    }
}

function optionsOf(request: messages.RegisterResourceRequest): messages.TransformResourceOptions {
    const options = new messages.TransformResourceOptions();
    options
        .setDependsOnList(request.getDependenciesList())
        .setIgnoreChangesList(request.getIgnorechangesList())
        .setReplaceOnChangesList(request.getReplaceonchangesList())
        .setVersion(request.getVersion())
        .setAliasesList(request.getAliasesList())
        .setProvider(request.getProvider())
        .setPluginDownloadUrl(request.getPlugindownloadurl())
        .setDeletedWith(request.getDeletedwith())
        .setAdditionalSecretOutputsList(request.getAdditionalsecretoutputsList())
        .setImport(request.getImportid());
    if (request.hasProtect()) options.setProtect(request.getProtect() ?? false);
    if (request.hasRetainondelete()) options.setRetainOnDelete(request.getRetainondelete() ?? false);
    request.getProvidersMap().forEach((reference, name) => options.getProvidersMap().set(name, reference));
    return options;
}
