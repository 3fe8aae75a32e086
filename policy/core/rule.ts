/** What a policy of this pack is made of: everything that the engine, the reader of a message and the docs need. */
import { Misconfigured, UnknownField, UnreadableField } from "./read";
import { type Subject } from "./subject";
import { type World } from "./world";

export const AREAS = {
    identity: "Who is who: mutual TLS",
    access: "Who may do what: AuthorizationPolicy and tokens",
    injection: "Nobody beside the mesh: injection, capture, accounts",
    network: "What the network itself lets through",
    egress: "What leaves",
    gateways: "What comes in",
    resilience: "What failure may spread",
    delivery: "How versions change",
    extensions: "What changes the proxies themselves",
    workloads: "How pods run",
    cluster: "The cluster under the mesh (AWS)",
    closed: "Nothing that nobody listed (profile `closed`)",
} as const;

/** In `judges` of a rule that is about all resources. */
export const EVERYTHING = "*";

export type Area = keyof typeof AREAS;

export interface Finding {
    readonly subject?: Subject;
    /** Where and what is wrong, and what follows from it. */
    readonly wrong: string;
    /** What to change. */
    readonly fix: string;
    /** Set where a preview does not know yet what the update will judge. */
    readonly unknown?: true;
}

export type Findings = Iterable<Finding>;

/** JSON Schema of one property of a policy's configuration. */
export type PropertySchema = Readonly<Record<string, unknown>>;

interface Described<Config> {
    /** The name by which it is configured: `<area>-<what>`. */
    readonly name: string;
    readonly area: Area;
    /** What holds where it is kept, in one sentence. */
    readonly title: string;
    readonly severity: "low" | "medium" | "high" | "critical";
    /** What goes wrong without it. */
    readonly why: string;
    /** Advice for all its findings. */
    readonly remedy: string;
    /** What it judges: see `Subject.id`; `EVERYTHING` for every resource. */
    readonly judges: readonly string[];
    /** Its configuration with every default. */
    readonly defaults: Config;
    readonly schema: { readonly [Key in keyof Config]: PropertySchema };
    /** YAML documents: a stack that is refused, and one that passes. Tested, and shown in its page. */
    readonly examples: { readonly refused: string; readonly accepted: string };
}

/** A policy that one resource alone decides, so that it holds before that resource is created. */
export interface ObjectRule<Config = object> extends Described<Config> {
    judge(subject: Subject, config: Config): Findings;
    /** The fields to change so that `judge` is content, where that is safe without asking. Runs only at level `remediate`. */
    remedied?(subject: Subject, config: Config): Readonly<Record<string, unknown>> | undefined;
}

/** A policy about what must exist, or how resources fit together. */
export interface StackRule<Config = object> extends Described<Config> {
    judgeStack(world: World, config: Config): Findings;
}

export type Rule = ObjectRule<never> | StackRule<never>;

/** Keeps a rule's own type of configuration inside its file. */
export function objectRule<Config>(rule: ObjectRule<Config>): Rule {
    return rule as unknown as Rule;
}

export function stackRule<Config>(rule: StackRule<Config>): Rule {
    return rule as unknown as Rule;
}

export function isStackRule(rule: Rule): rule is StackRule<never> {
    return "judgeStack" in rule;
}

/** Judges each subject by itself: what is unknown, or breaks the rule, of one does not hide the others. */
export function* each(subjects: Iterable<Subject>, judge: (subject: Subject) => Findings): Findings {
    for (const subject of subjects) yield* guarded(subject, () => judge(subject));
}

/** The findings of `judge`, and one more where it could not finish. */
export function* guarded(subject: Subject | undefined, judge: () => Findings): Findings {
    try {
        yield* judge();
    } catch (error) {
        yield interrupted(subject, error);
    }
}

/**
 * The findings of several independent judgements of one subject: what one of them cannot know yet hides none of the
 * others'.
 *
 * @throws the first UnknownField among them, when all have been made
 */
export function* inFull(judgements: Iterable<() => Findings>): Findings {
    let unknown: UnknownField | undefined;
    for (const judge of judgements) {
        try {
            yield* judge();
        } catch (error) {
            if (!(error instanceof UnknownField)) throw error;
            unknown ??= error;
        }
    }
    if (unknown !== undefined) throw unknown;
}

/** What to say of a subject that could not be judged to the end. */
export function interrupted(subject: Subject | undefined, error: unknown): Finding {
    const about = subject === undefined ? {} : { subject };
    if (error instanceof UnreadableField) {
        return {
            ...about,
            wrong: `${error.message}, so nothing of it can be judged`,
            fix: "write it as YAML that its reader understands.",
        };
    }
    if (error instanceof UnknownField) {
        const owner = error.urn === subject?.urn ? "" : ` of ${nameOf(error.urn)}`;
        return {
            ...about,
            wrong: `${error.path}${owner} is known only during the update, so this preview cannot judge it`,
            fix: "The update judges it. To have it judged here, write the value itself instead of another resource's output.",
            unknown: true,
        };
    }
    if (error instanceof Misconfigured) return { ...about, wrong: error.message, fix: error.fix };
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const place = (stack ?? "").split("\n").find((line) => line.trimStart().startsWith("at "));
    return {
        ...about,
        wrong: `the policy itself failed: ${message}${place === undefined ? "" : ` (${place.trim()})`}`,
        fix: "This is a mistake of the policy pack: report it with the object. Until it is mended the policy can be disabled by name.",
    };
}

/** `Service carts` of a URN, which ends in type and name. */
function nameOf(urn: string): string {
    const [type = "", name = ""] = urn.split("::").slice(-2);
    return `${type.split(/[:$/]/).at(-1) ?? ""} ${name}`;
}
