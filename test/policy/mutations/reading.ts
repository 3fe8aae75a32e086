/** Records which resources a stack rule reads: a change of other resources does not require evaluating it again. */
import { type Violation, type StackRule } from "../../../policy/core/rule";
import { evaluateStack } from "../../../policy/core/sdk";
import { type Subject } from "../../../policy/core/subject";
import { StackResources } from "../../../policy/core/stack-resources";
import { ANY_POD_TEMPLATE, embeddedPods } from "../../../policy/core/workload";

/** Stack resources that record the ids by which they are read: rules have no other access to a stack. */
class ReadWorld extends StackResources {
    readonly ids = new Set<string>();
    readonly urns = new Set<string>();
    isReadWhole = false;

    constructor(subjects: readonly Subject[]) {
        super(subjects);
        Object.defineProperty(this, "subjects", {
            get: () => {
                this.isReadWhole = true;
                return subjects;
            },
        });
    }

    override all(...ids: readonly string[]): readonly Subject[] {
        this.note(ids);
        return super.all(...ids);
    }

    override within(namespace: string, ...ids: readonly string[]): readonly Subject[] {
        this.note(ids);
        return super.within(namespace, ...ids);
    }

    override has(namespace: string, ids: readonly string[], isIt: (subject: Subject) => boolean): boolean {
        this.note(ids);
        return super.has(namespace, ids, isIt);
    }

    override subjectOf(urn: string): Subject | undefined {
        this.urns.add(urn);
        return super.subjectOf(urn);
    }

    private note(ids: readonly string[]): void {
        for (const id of ids) this.ids.add(id);
    }
}

/** A rule's violations in a stack, and the resources that it read. */
export class Reading {
    readonly findings: readonly Violation[];
    private readonly world: ReadWorld;

    constructor(rule: StackRule<never>, subjects: readonly Subject[], config: object) {
        this.world = new ReadWorld(subjects);
        this.findings = [...evaluateStack(rule, this.world, config)];
    }

    /** Whether the rule read any changed resource. Otherwise its violations are the same after the change. */
    concerns(changed: readonly Subject[]): boolean {
        const { ids, urns, isReadWhole } = this.world;
        return (
            isReadWhole ||
            changed.some(
                (subject) =>
                    ids.has(subject.id) ||
                    urns.has(subject.urn) ||
                    (ids.has(ANY_POD_TEMPLATE) && embeddedPods(subject).length > 0),
            )
        );
    }
}
