/** Which resources a stack rule reads, so that it need not judge a stack again in which only others have changed. */
import { type Finding, type StackRule } from "../../../policy/core/rule";
import { judgeWorld } from "../../../policy/core/sdk";
import { type Subject } from "../../../policy/core/subject";
import { World } from "../../../policy/core/world";
import { CARRIER, podsCarried } from "../../../policy/core/workload";

/** A world that notes the ids by which it is read: rules have no other way to a stack. */
class ReadWorld extends World {
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

/** What a rule finds in a stack, and whether it read anything of `changed` for it. */
export class Reading {
    readonly findings: readonly Finding[];
    private readonly world: ReadWorld;

    constructor(rule: StackRule<never>, subjects: readonly Subject[], config: object) {
        this.world = new ReadWorld(subjects);
        this.findings = [...judgeWorld(rule, this.world, config)];
    }

    /** A rule that read none of them finds the same when they are others: it reads the same all the way. */
    concerns(changed: readonly Subject[]): boolean {
        const { ids, urns, isReadWhole } = this.world;
        return (
            isReadWhole ||
            changed.some(
                (subject) =>
                    ids.has(subject.id) ||
                    urns.has(subject.urn) ||
                    (ids.has(CARRIER) && podsCarried(subject).length > 0),
            )
        );
    }
}
