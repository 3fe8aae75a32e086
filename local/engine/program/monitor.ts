/** Makes Pulumi's mocks treat registrations as the engine does: exact URNs, transforms, and what the mocks do not pass on. */
import type * as pulumi from "@pulumi/pulumi";
import { type Callback } from "@pulumi/pulumi/proto/callback_pb";
import { type ReadResourceRequest, type RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { type ResourceTransforms } from "./transforms";

/** What the mocks do not pass on of a registration. */
export interface Details {
    readonly urn: string;
    readonly protect: boolean;
    /** URNs of the resources that must outlive it. */
    readonly dependencies: readonly string[];
    /** URNs of the resources that an input's value comes from, by input. */
    readonly sources: Readonly<Record<string, readonly string[]>>;
}

/** The mock of a resource, which the monitor calls with details. */
export type Register = (
    args: pulumi.runtime.MockResourceArgs,
    details: Details,
) => Promise<pulumi.runtime.MockResourceResult>;

type Done = (error: unknown, response: unknown) => void;

interface Prototype {
    readonly mocks: { readonly newResource: Register };
    newUrn(parent: string, type: string, name: string): string;
    readResource(request: ReadResourceRequest, done: Done): Promise<void>;
    registerResource(request: RegisterResourceRequest, done: Done): Promise<void>;
    registerStackTransform(transform: Callback, done: Done): void;
    registerStackInvokeTransform(transform: Callback, done: Done): void;
}

interface Options {
    readonly project: string;
    readonly stack: string;
    readonly transforms: ResourceTransforms;
    /** Called with the URN of each resource when its registration begins. */
    readonly begun: (urn: string) => void;
    /** Called if a transform throws. */
    readonly failed: (error: Error) => void;
    /** Called if the program does what no process without Pulumi's engine can do. */
    readonly unsupported: (error: Error) => void;
}

const STACK = "pulumi:pulumi:Stack";

/** Patches this process permanently. */
export function interceptMonitor({ project, stack, transforms, begun, failed, unsupported }: Options): void {
    const prototype = MockMonitor.prototype as unknown as Prototype;
    const original = <Method extends "readResource" | "registerResource">(method: Method) =>
        Object.getOwnPropertyDescriptor(prototype, method)?.value as Prototype[Method];
    const [readResource, registerResource] = [original("readResource"), original("registerResource")];
    /** The monitor, with details for the one resource that it is about to register. */
    const knowing = (monitor: Prototype, details: Details) => {
        const { newResource } = monitor.mocks;
        const mocks = { newResource: (args: Parameters<Register>[0]) => newResource(args, details) };
        return Object.create(monitor, { mocks: { value: mocks } }) as Prototype;
    };
    prototype.newUrn = (parent, type, name) => {
        const parentType = parent.split("::")[2] ?? "";
        const path = parentType === "" || parentType === STACK ? type : `${parentType}$${type}`;
        return `urn:pulumi:${[stack, project, path, name].join("::")}`;
    };
    prototype.registerStackTransform = (transform, done) => {
        transforms.addToStack(transform);
        done(null, {});
    };
    prototype.registerStackInvokeTransform = (_transform, done) => {
        unsupported(new Error("the in-process engine cannot transform invokes; deploy with the Pulumi CLI"));
        done(null, {});
    };
    prototype.registerResource = async function (this: Prototype, request, done) {
        const urn = prototype.newUrn(request.getParent(), request.getType(), request.getName());
        begun(urn);
        // A transform can omit a dependency whose output its result still contains.
        const dependencies = dependenciesOf(request);
        try {
            await transforms.apply(request, urn);
        } catch (error) {
            failed(error as Error);
            done(error, undefined);
            return;
        }
        const details = {
            urn,
            protect: request.getProtect() ?? false,
            dependencies: [...new Set([...dependencies, ...dependenciesOf(request)])],
            sources: sourcesOf(request),
        };
        await registerResource.call(knowing(this, details), request, done);
    };
    prototype.readResource = async function (this: Prototype, request, done) {
        const urn = prototype.newUrn(request.getParent(), request.getType(), request.getName());
        begun(urn);
        const details = { urn, protect: false, dependencies: dependenciesOf(request), sources: {} };
        await readResource.call(knowing(this, details), request, done);
    };
}

/** The URNs of a resource's parent and provider, of `dependsOn` and `deletedWith`, and of those that its inputs come from. */
function dependenciesOf(request: RegisterResourceRequest | ReadResourceRequest): string[] {
    const inputs = "getPropertydependenciesMap" in request ? Object.values(sourcesOf(request)).flat() : [];
    const deletedWith = "getDeletedwith" in request ? request.getDeletedwith() : "";
    // `<urn>::<id>`
    const provider = request.getProvider().split("::").slice(0, -1).join("::");
    return [
        ...request.getDependenciesList(),
        ...inputs,
        ...[request.getParent(), deletedWith, provider].filter((urn) => urn !== ""),
    ];
}

function sourcesOf(request: RegisterResourceRequest): Details["sources"] {
    const entries: [string, string[]][] = [];
    request.getPropertydependenciesMap().forEach((dependencies, input) => {
        const urns = dependencies.getUrnsList();
        if (urns.length > 0) entries.push([input, urns]);
    });
    return Object.fromEntries(entries);
}
