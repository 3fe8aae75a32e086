/** The definition of a policy: everything that the engine, the messages and the docs use. */
import { Misconfigured, UnknownField, UnreadableField } from "./read";
import { type Subject } from "./subject";
import { type StackResources } from "./stack-resources";
import { kindAndName } from "./urn";

export const AREAS = {
    identity: "Identity and mutual TLS",
    access: "Authorization: AuthorizationPolicy and JWT",
    injection: "Mesh bypass: sidecar injection, traffic capture, service accounts",
    network: "NetworkPolicy",
    egress: "Egress",
    gateways: "Ingress",
    resilience: "Resilience",
    delivery: "Progressive delivery",
    extensions: "Proxy extensions",
    workloads: "Workload security",
    cluster: "Cluster (AWS)",
    closed: "Baseline (profile `closed`)",
} as const;

/** Entry in `appliesTo` of a rule for all resources. */
export const EVERYTHING = "*";

export type Area = keyof typeof AREAS;

export interface Violation {
    readonly subject?: Subject;
    /** What is wrong, in which field, and the consequence. */
    readonly problem: string;
    /** What to change. */
    readonly fix: string;
    /** Set if a preview cannot evaluate the policy because a value is unknown until the update. */
    readonly unknown?: true;
}

export type Violations = Iterable<Violation>;

/** JSON Schema of one property of a policy's configuration. */
export type PropertySchema = Readonly<Record<string, unknown>>;

interface RuleBase<Config> {
    /** Name in the configuration: `<area>-<topic>`. */
    readonly name: string;
    readonly area: Area;
    /** What holds in a compliant stack, in one sentence. */
    readonly title: string;
    readonly severity: "low" | "medium" | "high" | "critical";
    /** The risk without the policy. */
    readonly why: string;
    /** General advice for all violations of the policy. */
    readonly remediation: string;
    /** Kinds that it evaluates, see `Subject.id`; `EVERYTHING` for every resource. */
    readonly appliesTo: readonly string[];
    /** Default of every configuration property. */
    readonly defaults: Config;
    readonly schema: { readonly [Key in keyof Config]: PropertySchema };
    /**
     * YAML documents of a stack with a violation and of a compliant stack. They are tested, and shown on the
     * policy's page.
     */
    readonly examples: { readonly noncompliant: string; readonly compliant: string };
}

/** A policy that is decided by a single resource, so that it is enforced before the resource is created. */
export interface ObjectRule<Config = object> extends RuleBase<Config> {
    evaluate(subject: Subject, config: Config): Violations;
    /**
     * The fields to change so that the resource complies, where this needs no decision. Runs only at the
     * enforcement level `remediate`.
     */
    remediate?(subject: Subject, config: Config): Readonly<Record<string, unknown>> | undefined;
}

/** A policy about required resources, or about relations between resources. */
export interface StackRule<Config = object> extends RuleBase<Config> {
    evaluateStack(stack: StackResources, config: Config): Violations;
}

export type PolicyDefinition = ObjectRule<never> | StackRule<never>;

/** Hides a rule's configuration type from other modules. */
export function objectRule<Config>(rule: ObjectRule<Config>): PolicyDefinition {
    return rule as unknown as PolicyDefinition;
}

export function stackRule<Config>(rule: StackRule<Config>): PolicyDefinition {
    return rule as unknown as PolicyDefinition;
}

export function isStackRule(rule: PolicyDefinition): rule is StackRule<never> {
    return "evaluateStack" in rule;
}

/** Evaluates each subject separately: an error in one does not hide violations of the others. */
export function* each(subjects: Iterable<Subject>, evaluate: (subject: Subject) => Violations): Violations {
    for (const subject of subjects) yield* guarded(subject, () => evaluate(subject));
}

/** The violations of `evaluate`, and one more if it throws. */
export function* guarded(subject: Subject | undefined, evaluate: () => Violations): Violations {
    try {
        yield* evaluate();
    } catch (error) {
        yield evaluationFailure(subject, error);
    }
}

/**
 * The violations of several independent evaluations of one subject. An unknown value in one does not hide
 * violations of the others.
 * @throws the first UnknownField among them, after all have run
 */
export function* allViolations(evaluations: Iterable<() => Violations>): Violations {
    let unknown: UnknownField | undefined;
    for (const evaluate of evaluations) {
        try {
            yield* evaluate();
        } catch (error) {
            if (!(error instanceof UnknownField)) throw error;
            unknown ??= error;
        }
    }
    if (unknown !== undefined) throw unknown;
}

/** The violation for a subject that could not be evaluated completely. */
export function evaluationFailure(subject: Subject | undefined, error: unknown): Violation {
    const about = subject === undefined ? {} : { subject };
    if (error instanceof UnreadableField) {
        return {
            ...about,
            problem: `${error.message}, so the object cannot be evaluated`,
            fix: "correct the syntax of the YAML.",
        };
    }
    if (error instanceof UnknownField) {
        const owner = error.urn === subject?.urn ? "" : ` of ${kindAndName(error.urn)}`;
        return {
            ...about,
            problem: `${error.path}${owner} is unknown until the update, so this preview cannot evaluate it`,
            fix: "no action needed: the update evaluates it. To evaluate it in the preview, replace the other resource's output with a literal value.",
            unknown: true,
        };
    }
    if (error instanceof Misconfigured) return { ...about, problem: error.message, fix: error.fix };
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const place = (stack ?? "").split("\n").find((line) => line.trimStart().startsWith("at "));
    return {
        ...about,
        problem: `the policy threw an error: ${message}${place === undefined ? "" : ` (${place.trim()})`}`,
        fix: "report this bug of the policy pack together with the object. Until it is fixed, you can disable the policy by name.",
    };
}
