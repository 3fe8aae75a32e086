/** A client of the policy pack: the Analyzer service of Pulumi's protocol (pulumi/analyzer.proto). */
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type Struct } from "google-protobuf/google/protobuf/struct_pb";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/analyzer_pb";
import { structOf } from "../../local/engine/program/struct";

/** A resource as the engine passes it to a pack. */
export interface EvaluatedResource {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    /** Inputs. */
    readonly properties: Readonly<Record<string, unknown>>;
    readonly protect?: boolean;
    /** The provider that applies it. @default not specified */
    readonly provider?: {
        readonly urn: string;
        readonly type: string;
        readonly name: string;
        readonly properties: Readonly<Record<string, unknown>>;
    };
    /** URNs of the resources that an input's value comes from, by input. @default none */
    readonly sources?: Readonly<Record<string, readonly string[]>>;
    /** Outputs in addition to the inputs; stack policies see them. @default none */
    readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface Diagnostic {
    readonly policy: string;
    readonly level: Level;
    readonly message: string;
    /** Of the violating resource; absent if the violation concerns the whole stack. */
    readonly urn?: string;
}

export type Level = "advisory" | "mandatory" | "remediate" | "disabled";

/** The content of a `--policy-pack-config` file: by policy name, a level or properties. */
export type PackConfig = Readonly<Record<string, Level | Readonly<Record<string, unknown>>>>;

export interface PolicyInfo {
    readonly name: string;
    readonly level: Level;
    /** JSON Schema of the properties; absent if the policy has none. */
    readonly schema?: { readonly properties: object; readonly required: readonly string[] };
}

/** The limit of Pulumi's engine. */
const MAX_MESSAGE = 400 * 1024 * 1024;

const NUMBERS: Readonly<Record<Level, messages.EnforcementLevel>> = {
    advisory: messages.EnforcementLevel.ADVISORY,
    mandatory: messages.EnforcementLevel.MANDATORY,
    disabled: messages.EnforcementLevel.DISABLED,
    remediate: messages.EnforcementLevel.REMEDIATE,
};

/** Indexed by the numbers above. */
const LEVELS: readonly Level[] = ["advisory", "mandatory", "disabled", "remediate"];

export class Analyzer {
    private readonly client: AnalyzerClient;

    constructor(port: number) {
        this.client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
            "grpc.max_receive_message_length": MAX_MESSAGE,
            "grpc.max_send_message_length": MAX_MESSAGE,
        });
    }

    async policies(): Promise<readonly PolicyInfo[]> {
        const info = await this.call<messages.AnalyzerInfo>("getAnalyzerInfo", new Empty());
        return info.getPoliciesList().map((policy) => {
            const schema = policy.getConfigschema();
            const properties = schema?.getProperties()?.toJavaScript();
            return {
                name: policy.getName(),
                level: level(policy.getEnforcementlevel()),
                ...(properties === undefined
                    ? {}
                    : { schema: { properties, required: schema?.getRequiredList() ?? [] } }),
            };
        });
    }

    /**
     * Sends each policy's level and properties. Like the engine, it lists every policy, also those without
     * configuration.
     */
    async configure(config: PackConfig, policies: readonly PolicyInfo[]): Promise<void> {
        const request = new messages.ConfigureAnalyzerRequest();
        const { all, ...rest } = config;
        for (const policy of policies) {
            const given = rest[policy.name] ?? {};
            const { enforcementLevel, ...properties } =
                typeof given === "string" ? { enforcementLevel: given } : given;
            const chosen = (enforcementLevel ?? all ?? policy.level) as Level;
            const message = new messages.PolicyConfig();
            message.setEnforcementlevel(NUMBERS[chosen]);
            message.setProperties(struct(properties));
            request.getPolicyconfigMap().set(policy.name, message);
        }
        await this.call("configure", request);
    }

    async analyze(resource: EvaluatedResource): Promise<readonly Diagnostic[]> {
        const response = await this.call<messages.AnalyzeResponse>(
            "analyze",
            filled(new messages.AnalyzeRequest(), resource),
        );
        return diagnostics(response);
    }

    async analyzeStack(resources: readonly EvaluatedResource[]): Promise<readonly Diagnostic[]> {
        const request = new messages.AnalyzeStackRequest();
        request.setResourcesList(
            resources.map((resource) =>
                filled(new messages.AnalyzerResource(), {
                    ...resource,
                    properties: withOutputs(resource),
                }),
            ),
        );
        return diagnostics(await this.call<messages.AnalyzeResponse>("analyzeStack", request));
    }

    /** The properties after all remediations; undefined if none applied. */
    async remediate(resource: EvaluatedResource): Promise<object | undefined> {
        const response = await this.call<messages.RemediateResponse>(
            "remediate",
            filled(new messages.AnalyzeRequest(), resource),
        );
        return response.getRemediationsList().at(-1)?.getProperties()?.toJavaScript();
    }

    close(): void {
        this.client.close();
    }

    private call<Response>(method: Method, request: unknown): Promise<Response> {
        return new Promise((resolve, reject) => {
            const client = this.client as unknown as Record<Method, Call<Response>>;
            client[method](request, {}, (error, response) => {
                if (error === null) resolve(response);
                else reject(new Error(`the policy pack failed to ${method}: ${error.details}`));
            });
        });
    }
}

type Method = "analyze" | "analyzeStack" | "configure" | "getAnalyzerInfo" | "remediate";

type Call<Response> = (
    request: unknown,
    options: grpc.CallOptions,
    callback: (error: grpc.ServiceError | null, response: Response) => void,
) => void;

function withOutputs({ properties, outputs = {} }: EvaluatedResource): EvaluatedResource["properties"] {
    return Object.keys(outputs).length === 0 ? properties : { ...properties, ...outputs };
}

function filled<Message extends messages.AnalyzeRequest | messages.AnalyzerResource>(
    message: Message,
    { urn, type, name, properties, protect, provider }: EvaluatedResource,
): Message {
    message.setUrn(urn);
    message.setType(type);
    message.setName(name);
    message.setProperties(struct(properties));
    const options = new messages.AnalyzerResourceOptions();
    options.setProtect(protect ?? false);
    message.setOptions(options);
    if (provider !== undefined) {
        const applying = new messages.AnalyzerProviderResource();
        applying.setUrn(provider.urn);
        applying.setType(provider.type);
        applying.setName(provider.name);
        applying.setProperties(struct(provider.properties));
        message.setProvider(applying);
    }
    return message;
}

/** Cache: a resource is sent alone and with the stack, and a provider with each of its resources. */
const structs = new WeakMap<object, Struct>();

function struct(properties: Readonly<Record<string, unknown>>): Struct {
    const made = structs.get(properties) ?? structOf(withoutUndefined(properties) as Record<string, unknown>);
    structs.set(properties, made);
    return made;
}

/** Protocol buffers cannot represent a field that is present but undefined. */
function withoutUndefined(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withoutUndefined);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
        Object.entries(value)
            .filter(([, item]) => item !== undefined)
            .map(([key, item]) => [key, withoutUndefined(item)]),
    );
}

function diagnostics(response: messages.AnalyzeResponse): readonly Diagnostic[] {
    return response.getDiagnosticsList().map((diagnostic) => ({
        policy: diagnostic.getPolicyname(),
        level: level(diagnostic.getEnforcementlevel()),
        message: diagnostic.getMessage(),
        ...(diagnostic.getUrn() === "" ? {} : { urn: diagnostic.getUrn() }),
    }));
}

function level(value: number): Level {
    return LEVELS[value] ?? "mandatory";
}
