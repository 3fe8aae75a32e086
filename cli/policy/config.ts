/** A pack's configuration file, checked against the schemas that the pack itself publishes, as the engine checks it. */
import { existsSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { nearest } from "../../catalogue/check";
import { type PackConfig, type PolicyInfo } from "./protocol";

/**
 * @param file undefined where a stack has none: then every policy keeps its defaults
 * @throws Error that names the file, and lists every mistake in it.
 */
export function readPackConfig(file: string | undefined, policies: readonly PolicyInfo[]): PackConfig {
    if (file === undefined) return {};
    const config = parsed(file);
    const mistakes = mistakesOf(config, policies);
    if (mistakes.length > 0) {
        throw new Error(
            `${file}: ${mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`}\n${mistakes.map((line) => `  - ${line}`).join("\n")}`,
        );
    }
    return config;
}

function parsed(file: string): PackConfig {
    if (!existsSync(file)) {
        throw new Error(
            `${file}: there is no such file; give the pack's configuration with --pack-config <file>`,
        );
    }
    let config: unknown;
    try {
        config = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
        // The parser's message has the position.
        throw new Error(`${file}: it cannot be read as JSON: ${(error as Error).message}`, { cause: error });
    }
    if (typeof config !== "object" || config === null || Array.isArray(config)) {
        throw new Error(`${file}: it must be a JSON object, with the names of policies as its keys`);
    }
    return config as PackConfig;
}

export function mistakesOf(config: PackConfig, policies: readonly PolicyInfo[]): readonly string[] {
    const ajv = new Ajv({ allErrors: true, strict: false });
    const names = policies.map(({ name }) => name);
    return Object.entries(config).flatMap(([name, given]) => {
        if (name === "all") return [];
        const policy = policies.find((candidate) => candidate.name === name);
        if (policy === undefined) {
            const near = nearest(name, names);
            return [`no policy is called ${name}${near === undefined ? "" : `. Did you mean ${near}?`}`];
        }
        if (typeof given === "string") return [];
        const properties = Object.fromEntries(
            Object.entries(given).filter(([key]) => key !== "enforcementLevel"),
        );
        const validate = ajv.compile({ type: "object", additionalProperties: false, ...policy.schema });
        if (validate(properties)) return [];
        return (validate.errors ?? []).map(
            ({ instancePath, message, params }) =>
                `${name}${instancePath} ${message ?? "is wrong"} ${JSON.stringify(params)}`,
        );
    });
}
