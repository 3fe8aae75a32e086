/** What the program registers for a stack, without a cloud or a cluster: it runs under Pulumi's mocks. */
import { resolve } from "node:path";
import { PROJECT, readStackFile } from "../../config/load";
import { startProgram } from "../../local/engine/program/host";
import { engineConfig } from "../../local/engine/program/protocol";
import { PROJECT_FOLDER } from "../project";
import { type JudgedResource } from "./protocol";

export interface ProgramSource {
    readonly stack: string;
    /** @default the checkout's own program */
    readonly program?: string;
    /** Entries as under `config:` of the stack's file. @default those of Pulumi.<stack>.yaml */
    readonly config?: Readonly<Record<string, unknown>>;
}

/** @throws ProgramError if the program throws. */
export async function registrations({
    stack,
    program = resolve(PROJECT_FOLDER, "index.ts"),
    config = readStackFile(stack, PROJECT_FOLDER),
}: ProgramSource): Promise<readonly JudgedResource[]> {
    const running = startProgram({ program, project: PROJECT, stack, config: engineConfig(PROJECT, config) });
    const resources: JudgedResource[] = [];
    try {
        await running.load();
        await running.run((resource) => {
            const { type, name, protect, inputs } = resource;
            const urn = `urn:pulumi:${stack}::${PROJECT}::${type}::${name}`;
            resources.push({ urn, type, name, protect, properties: inputs });
            return Promise.resolve(inputs);
        });
    } finally {
        running.stop();
    }
    return resources;
}
