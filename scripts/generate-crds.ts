/**
 * Writes `components/crds/`: for each custom resource kind that the program creates, the OpenAPI schema from the pinned
 * Istio, cert-manager, aws-privateca-issuer or Flagger, and the TypeScript type of its `spec`. Run by `npm run generate:crds`
 * after a version change. The result is committed, so that type-checking and schema tests do not need the toolchain.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile, type JSONSchema } from "json-schema-to-typescript";
import { parseAllDocuments } from "yaml";

/** A program with custom resource kinds. */
interface Source {
    /** Its name for people. */
    readonly name: string;
    /** The folder of the toolchain's Go module that pins it, and the module with the CRDs. */
    readonly pinnedBy: string;
    readonly module: string;
    readonly file: (kind: string) => string;
    readonly kinds: Readonly<Record<string, string>>;
}

const ISTIO_KINDS: Record<string, string> = {
    AuthorizationPolicy: "security.istio.io/v1",
    PeerAuthentication: "security.istio.io/v1",
    RequestAuthentication: "security.istio.io/v1",
    DestinationRule: "networking.istio.io/v1",
    Gateway: "networking.istio.io/v1",
    EnvoyFilter: "networking.istio.io/v1alpha3",
    ServiceEntry: "networking.istio.io/v1",
    Sidecar: "networking.istio.io/v1",
    VirtualService: "networking.istio.io/v1",
    Telemetry: "telemetry.istio.io/v1",
};

/** By the name of the generated file. */
const SOURCES: Readonly<Record<string, Source>> = {
    istio: {
        name: "Istio",
        pinnedBy: "istio",
        module: "istio.io/istio",
        file: () => "manifests/charts/base/files/crd-all.gen.yaml",
        kinds: ISTIO_KINDS,
    },
    "cert-manager": {
        name: "cert-manager",
        pinnedBy: "cert-manager",
        module: "github.com/cert-manager/cert-manager",
        file: (kind) => `deploy/crds/crd-${kind.toLowerCase()}s.yaml`,
        kinds: {
            Certificate: "cert-manager.io/v1",
            ClusterIssuer: "cert-manager.io/v1",
            Issuer: "cert-manager.io/v1",
        },
    },
    "aws-privateca-issuer": {
        name: "aws-privateca-issuer",
        pinnedBy: "aws-privateca-issuer",
        module: "github.com/cert-manager/aws-privateca-issuer",
        file: () => "config/crd/bases/awspca.cert-manager.io_awspcaissuers.yaml",
        kinds: { AWSPCAIssuer: "awspca.cert-manager.io/v1beta1" },
    },
    flagger: {
        name: "Flagger",
        pinnedBy: "flagger",
        module: "github.com/fluxcd/flagger",
        file: () => "charts/flagger/crds/crd.yaml",
        kinds: { Canary: "flagger.app/v1beta1", MetricTemplate: "flagger.app/v1beta1" },
    },
};

interface CustomResourceDefinition {
    spec: {
        group: string;
        names: { kind: string };
        versions: { name: string; schema: { openAPIV3Schema: { properties: { spec: JSONSchema } } } }[];
    };
}

const OUT = join(__dirname, "..", "components", "crds");

/** The schema without descriptions and Kubernetes' extensions. */
function trimmed(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(trimmed);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
        Object.entries(value)
            .filter(([key, entry]) => !(key === "description" && typeof entry === "string"))
            .filter(([key]) => !key.startsWith("x-kubernetes-"))
            .map(([key, entry]) => [key, trimmed(entry)]),
    );
}

/** OpenAPI allows unknown properties by default; reject them in objects with named properties, to catch typos. */
function closed(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(closed);
    if (value === null || typeof value !== "object") return value;
    const entries = Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, closed(entry)]));
    if ("properties" in entries && "type" in entries && !("additionalProperties" in entries)) {
        return { ...entries, additionalProperties: false };
    }
    return entries;
}

/** The schema for type generation, without alternatives (`oneOf` …), which would become `unknown`. */
function withoutAlternatives(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withoutAlternatives);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
        Object.entries(value)
            .filter(([key]) => !["oneOf", "anyOf", "allOf", "not"].includes(key))
            .map(([key, entry]) => [key, withoutAlternatives(entry)]),
    );
}

/** A kind's schema in the pinned CRDs. */
function publishedSchema(file: string, kind: string, apiVersion: string): JSONSchema {
    const definitions = parseAllDocuments(readFileSync(file, "utf8")).map(
        (document) => document.toJS() as CustomResourceDefinition,
    );
    const [group, version] = apiVersion.split("/");
    const definition = definitions.find(({ spec }) => spec.group === group && spec.names.kind === kind);
    const published = definition?.spec.versions.find(({ name }) => name === version);
    if (published === undefined) throw new Error(`${file} has no ${apiVersion} ${kind}`);
    return closed(trimmed(published.schema.openAPIV3Schema.properties.spec)) as JSONSchema;
}

async function generate(to: string, { name, pinnedBy, module, file, kinds }: Source): Promise<void> {
    const pins = join(__dirname, "..", "local", "toolchain", "go", pinnedBy);
    const folder = execFileSync("go", ["list", "-m", "-f", "{{.Dir}}", module], { cwd: pins })
        .toString()
        .trim();
    const types: string[] = [];
    for (const [kind, apiVersion] of Object.entries(kinds)) {
        const schema = publishedSchema(join(folder, file(kind)), kind, apiVersion);
        writeFileSync(join(OUT, `${kind}.schema.json`), `${JSON.stringify(schema)}\n`);
        types.push(
            await compile(withoutAlternatives(schema) as JSONSchema, `${kind}Spec`, {
                bannerComment: "",
                declareExternallyReferenced: true,
                format: true,
                ignoreMinAndMaxItems: true,
                strictIndexSignatures: true,
            }),
        );
    }
    const banner = `/* Generated by \`npm run generate:crds\` from the CRDs of the pinned ${name}. Do not edit. */\n\n`;
    writeFileSync(join(OUT, `${to}.ts`), banner + types.join("\n"));
}

async function main(): Promise<void> {
    mkdirSync(OUT, { recursive: true });
    for (const [to, source] of Object.entries(SOURCES)) await generate(to, source);
}

void main();
