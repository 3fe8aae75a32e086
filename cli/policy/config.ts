/** A pack's configuration file, checked against the schemas that the pack itself publishes, as the engine checks it. */
import { existsSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { nearest } from "../../catalogue/check";
import { type PackConfig, type PolicyInfo } from "./protocol";

/**
 * @param file may be absent: then every policy keeps its defaults.
 * @throws Error that lists every mistake.
 */
export function readPackConfig(file: string, policies: readonly PolicyInfo[]): PackConfig {
    if (!existsSync(file)) return {};
    const config = JSON.parse(readFileSync(file, "utf8")) as PackConfig;
    const mistakes = mistakesOf(config, policies);
    if (mistakes.length > 0) {
        throw new Error(
            `${file}: ${mistakes.length} mistakes\n${mistakes.map((line) => `  - ${line}`).join("\n")}`,
        );
    }
    return config;
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
