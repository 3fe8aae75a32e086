/** The resources that the program registers for a stack. It runs with mocks, without a cloud or a cluster. */
import { resolve } from "node:path";
import { PROJECT, readStackFile } from "../../config/load";
import { startProgram } from "../../local/engine/program/host";
import { RELEASE, childName } from "../../local/engine/packaged";
import { type Registration, engineConfig } from "../../local/engine/program/protocol";
import { urnOfReference } from "../../policy/core/urn";
import { PROJECT_FOLDER, STACK_FOLDER } from "../lib/checkout";
import { answers, outputs, type Variant } from "./aws";
import { type EvaluatedResource } from "./protocol";

export interface ProgramSource {
    readonly stack: string;
    /** @default the program of this checkout */
    readonly program?: string;
    /** Entries of `config:` in the stack's file. @default those of Pulumi.<stack>.yaml */
    readonly config?: Readonly<Record<string, unknown>>;
    /** Which cloud values to simulate. @default first */
    readonly variant?: Variant;
    /** Called with each resource on registration. */
    readonly registered?: (resource: EvaluatedResource) => void;
}

/** @throws ProgramError if the program throws. */
export async function registrations({
    stack,
    program = resolve(PROJECT_FOLDER, "index.ts"),
    config = readStackFile(stack, STACK_FOLDER),
    variant = "first",
    registered,
}: ProgramSource): Promise<readonly EvaluatedResource[]> {
    const running = startProgram({
        program,
        project: PROJECT,
        stack,
        config: engineConfig(PROJECT, config),
        calls: answers(variant),
    });
    const resources: EvaluatedResource[] = [];
    try {
        await running.load();
        await running.run((resource) => {
            const { urn, type, name, protect, inputs, sources = {} } = resource;
            const more = outputs(type, name, inputs, variant);
            const provider = providerOf(resource, resources);
            const evaluated = {
                urn,
                type,
                name,
                protect,
                properties: inputs,
                sources,
                outputs: more,
                ...provider,
            };
            for (const one of [evaluated, ...childOf(resource, provider)]) {
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

/** The provider that a resource references. */
function providerOf(
    { provider: reference = "" }: Registration,
    registered: readonly EvaluatedResource[],
): Pick<EvaluatedResource, "provider"> {
    const provider = registered.find(({ urn }) => urn === urnOfReference(reference));
    if (provider === undefined) return {};
    const { urn, type, name, properties } = provider;
    return { provider: { urn, type, name, properties } };
}

/** The Helm release that a packaged component registers in its provider's process. */
function childOf(
    { urn, name, protect, packaged: properties }: Registration,
    provider: Pick<EvaluatedResource, "provider">,
): readonly EvaluatedResource[] {
    if (properties === undefined) return [];
    const child = childName(name);
    const parent = urn.slice(0, urn.lastIndexOf(`::${name}`));
    const childUrn = `${parent}$${RELEASE}::${child}`;
    return [{ urn: childUrn, type: RELEASE, name: child, protect, properties, outputs: {}, ...provider }];
}
