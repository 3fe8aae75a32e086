/** What the program registers for a stack, without a cloud or a cluster: it runs under Pulumi's mocks. */
import { resolve } from "node:path";
import { PROJECT, readStackFile } from "../../config/load";
import { startProgram } from "../../local/engine/program/host";
import { RELEASE, childName, releaseInputs } from "../../local/engine/packaged";
import { type Registration, engineConfig } from "../../local/engine/program/protocol";
import { PROJECT_FOLDER } from "../checkout";
import { answers, outputs, type Variant } from "./aws";
import { type JudgedResource } from "./protocol";

export interface ProgramSource {
    readonly stack: string;
    /** @default the checkout's own program */
    readonly program?: string;
    /** Entries as under `config:` of the stack's file. @default those of Pulumi.<stack>.yaml */
    readonly config?: Readonly<Record<string, unknown>>;
    /** Which values the cloud gives. @default first */
    readonly variant?: Variant;
    /** Called with each resource when it is registered. */
    readonly registered?: (resource: JudgedResource) => void;
}

/** @throws ProgramError if the program throws. */
export async function registrations({
    stack,
    program = resolve(PROJECT_FOLDER, "index.ts"),
    config = readStackFile(stack, PROJECT_FOLDER),
    variant = "first",
    registered,
}: ProgramSource): Promise<readonly JudgedResource[]> {
    const running = startProgram({
        program,
        project: PROJECT,
        stack,
        config: engineConfig(PROJECT, config),
        calls: answers(variant),
    });
    const resources: JudgedResource[] = [];
    try {
        await running.load();
        await running.run((resource) => {
            const { type, name, protect, inputs } = resource;
            const urn = `urn:pulumi:${stack}::${PROJECT}::${type}::${name}`;
            const more = outputs(type, name, inputs, variant);
            const provider = providerOf(resource, resources);
            const judged = { urn, type, name, protect, properties: inputs, outputs: more, ...provider };
            for (const one of [judged, ...childOf(stack, resource, provider)]) {
                resources.push(one);
                registered?.(one);
            }
            return Promise.resolve({ ...inputs, ...more });
        });
    } finally {
        running.stop();
    }
    return resources;
}

/** The provider that a resource names by `<urn>::<id>`, of those registered before it. */
function providerOf(
    { provider: reference = "" }: Registration,
    registered: readonly JudgedResource[],
): Pick<JudgedResource, "provider"> {
    const [type = "", name = ""] = reference.split("::").slice(-3);
    const found = registered.find((resource) => resource.type === type && resource.name === name);
    if (found === undefined) return {};
    const { urn, properties } = found;
    return { provider: { urn, type, name, properties } };
}

/** The release that a packaged component registers where its provider runs. */
function childOf(
    stack: string,
    { type, name, protect, inputs }: Registration,
    provider: Pick<JudgedResource, "provider">,
): readonly JudgedResource[] {
    const properties = type === RELEASE ? undefined : releaseInputs({ type, inputs });
    if (properties === undefined) return [];
    const child = childName(name);
    const urn = `urn:pulumi:${stack}::${PROJECT}::${type}$${RELEASE}::${child}`;
    return [{ urn, type: RELEASE, name: child, protect, properties, outputs: {}, ...provider }];
}
