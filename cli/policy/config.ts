/**
 * The configuration file of a policy pack, validated like Pulumi's engine does: against the schemas that the pack
 * publishes.
 */
import { existsSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { nearest } from "../../catalogue/check";
import { RENAMED_POLICIES, RENAMED_PROPERTIES } from "../../policy/core/renamed-policies";
import { plural } from "../lib/plural";
import { type PackConfig, type PolicyInfo } from "./protocol";

/**
 * @param file undefined if the stack has none: every policy then keeps its defaults
 * @throws Error that names the file and lists every error in it
 */
export function readPackConfig(file: string | undefined, policies: readonly PolicyInfo[]): PackConfig {
    if (file === undefined) return {};
    const config = parsed(file);
    const errors = configErrors(config, policies);
    if (errors.length > 0) {
        throw new Error(
            `${file}: ${plural(errors.length, "error")}\n${errors.map((line) => `  - ${line}`).join("\n")}`,
        );
    }
    return config;
}

function parsed(file: string): PackConfig {
    if (!existsSync(file)) {
        throw new Error(
            `${file}: the file does not exist. Pass the pack configuration with --pack-config <file>.`,
        );
    }
    let config: unknown;
    try {
        config = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
        // The parser's message contains the position.
        throw new Error(`${file}: invalid JSON: ${(error as Error).message}`, { cause: error });
    }
    if (typeof config !== "object" || config === null || Array.isArray(config)) {
        throw new Error(`${file}: must be a JSON object whose keys are policy names`);
    }
    return config as PackConfig;
}

export function configErrors(config: PackConfig, policies: readonly PolicyInfo[]): readonly string[] {
    const ajv = new Ajv({ allErrors: true, strict: false });
    const names = policies.map(({ name }) => name);
    return Object.entries(config).flatMap(([name, given]) => {
        if (name === "all") return [];
        const policy = policies.find((candidate) => candidate.name === name);
        if (policy === undefined) {
            const renamed = RENAMED_POLICIES.get(name);
            if (renamed !== undefined) return [`policy "${name}" was renamed. Use "${renamed}" instead.`];
            const near = nearest(name, names);
            return [`unknown policy "${name}"${near === undefined ? "" : `. Did you mean "${near}"?`}`];
        }
        if (typeof given === "string") return [];
        const properties = Object.fromEntries(
            Object.entries(given).filter(([key]) => key !== "enforcementLevel"),
        );
        const validate = ajv.compile({ type: "object", additionalProperties: false, ...policy.schema });
        if (validate(properties)) return [];
        return (validate.errors ?? []).map(({ instancePath, message, params }) => {
            const { additionalProperty = "" } = params as { readonly additionalProperty?: string };
            const renamed = RENAMED_PROPERTIES.get(additionalProperty);
            return renamed === undefined
                ? `${name}${instancePath} ${message ?? "is wrong"} ${JSON.stringify(params)}`
                : `${name}${instancePath}: property "${additionalProperty}" was renamed. Use "${renamed}" instead.`;
        });
    });
}
