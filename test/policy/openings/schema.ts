/** Schemas of objects: Istio's and Flagger's from their CustomResourceDefinitions, core kinds' from Kubernetes' OpenAPI. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { type EvaluatedResource } from "../../../cli/policy/protocol";

export interface Schema {
    readonly type?: string | readonly string[];
    readonly enum?: readonly unknown[];
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly additionalProperties?: boolean | Schema;
    readonly items?: Schema;
    readonly $ref?: string;
    readonly [key: string]: unknown;
}

const CRDS = join(__dirname, "..", "..", "..", "components", "crds");

const KUBERNETES = JSON.parse(readFileSync(join(__dirname, "schemas", "kubernetes.json"), "utf8")) as {
    readonly kinds: Readonly<Record<string, string>>;
    readonly definitions: Readonly<Record<string, Schema>>;
};

const CONTENTS: Schema = { type: "object", additionalProperties: { type: "string" } };

/** Excluded metadata: another name is another object, and only the API server writes the others. */
const METADATA: Schema = {
    type: "object",
    properties: { labels: CONTENTS, annotations: CONTENTS, namespace: { type: "string" } },
};

const DEFINITIONS = JSON.parse(
    JSON.stringify(KUBERNETES.definitions)
        .replaceAll('"$ref":"', '"$ref":"#/definitions/')
        .replaceAll('"format":"int-or-string","type":"string"', '"type":["integer","string"]'),
) as Readonly<Record<string, Schema>>;

/** `security.istio.io/AuthorizationPolicy`, `core/Service`; undefined for other resources. */
export function idOf({ type, properties }: EvaluatedResource): string | undefined {
    const { apiVersion, kind } = properties;
    if (!type.startsWith("kubernetes:") || typeof apiVersion !== "string" || typeof kind !== "string")
        return undefined;
    return `${apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "core"}/${kind}`;
}

const known = new Map<string, Schema | undefined>();

/** The schema of the whole object. */
export function schemaOf(id: string): Schema | undefined {
    if (!known.has(id)) known.set(id, read(id));
    return known.get(id);
}

function read(id: string): Schema | undefined {
    const definition = DEFINITIONS[KUBERNETES.kinds[id] ?? ""];
    if (definition !== undefined) {
        const properties = Object.entries(definition.properties ?? {}).filter(
            ([name]) => !["apiVersion", "kind", "metadata"].includes(name),
        );
        return { ...definition, properties: { ...Object.fromEntries(properties), metadata: METADATA } };
    }
    const file = join(CRDS, `${id.split("/")[1] ?? ""}.schema.json`);
    if (!existsSync(file)) return undefined;
    const spec = JSON.parse(readFileSync(file, "utf8")) as Schema;
    return { type: "object", properties: { metadata: METADATA, spec } };
}

/** The schema with `$ref` resolved. */
export function resolved(schema: Schema): Schema {
    return schema.$ref === undefined
        ? schema
        : (DEFINITIONS[schema.$ref.replace("#/definitions/", "")] ?? {});
}

const validators = new Map<string, ValidateFunction>();

/** Whether the API server accepts the object: by its schema, and by Istio's webhook, which requires a destination of a route. */
export function isValid(id: string, object: unknown): boolean {
    let validate = validators.get(id);
    if (validate === undefined) {
        const schema = schemaOf(id) ?? {};
        // Formats and Kubernetes' extension keywords do not affect the structure.
        const ajv = new Ajv({ strict: false, validateFormats: false });
        validate = ajv.compile({ ...schema, definitions: DEFINITIONS });
        validators.set(id, validate);
    }
    return validate(object) && leadsSomewhere(id, object);
}

/** Fields that a route of each protocol may have instead of destinations (ValidateVirtualService in pkg/config/validation). */
const TERMINAL_FIELDS: Readonly<Record<string, readonly string[]>> = {
    http: ["route", "redirect", "directResponse", "delegate"],
    tls: ["route"],
    tcp: ["route"],
};

function leadsSomewhere(id: string, object: unknown): boolean {
    if (id !== "networking.istio.io/VirtualService") return true;
    const { spec = {} } = object as { spec?: Record<string, Record<string, unknown>[] | undefined> };
    return Object.entries(TERMINAL_FIELDS).every(([protocol, ends]) =>
        (spec[protocol] ?? []).every((route) =>
            ends.some((end) => JSON.stringify(route[end] ?? []) !== "[]"),
        ),
    );
}
