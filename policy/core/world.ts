/** All resources of a stack, found by what they are. */
import { MESH_CONFIG_HOLDERS, type MeshConfigSource, meshConfigsOf } from "./mesh-config";
import { POD_MAKERS, type Pods, podsOf } from "./pods";
import { labelsAt, selects, someOf, textAt } from "./read";
import { injects } from "./injection";
import { Subject, type EngineResource } from "./subject";
import { CARRIER, podsCarried } from "./workload";

type Labels = Readonly<Record<string, string>>;

interface Answered {
    readonly answers: readonly unknown[];
    readonly doubts: ReadonlyMap<Subject, unknown>;
}

const NONE: readonly Subject[] = [];

export class World {
    private readonly byId = new Map<string, Subject[]>();
    /** Of several ids together: some rules ask for all that makes pods, once for each policy. */
    private readonly byIds = new Map<string, readonly Subject[]>();
    private readonly byPlace = new Map<string, Subject[]>();
    private readonly byUrn = new Map<string, Subject>();
    private readonly unplaced: Subject[] = [];
    private readonly answered = new Map<string, Answered>();
    private doubts = new Map<Subject, unknown>();

    constructor(
        readonly subjects: readonly Subject[],
        /** ` (in cluster 2 of 3, by provider)`, for findings of no single object; empty where a stack has one cluster. */
        readonly place = "",
    ) {
        for (const subject of subjects) {
            const ids = podsCarried(subject).length > 0 ? [subject.id, CARRIER] : [subject.id];
            for (const id of ids) {
                push(this.byId, id, subject);
                if (subject.isPlaced) push(this.byPlace, `${subject.namespace} ${id}`, subject);
            }
            this.byUrn.set(subject.urn, subject);
            if (!subject.isPlaced) this.unplaced.push(subject);
        }
    }

    static of(resources: readonly EngineResource[]): World {
        return new World(resources.map((resource) => new Subject(resource)));
    }

    /**
     * A world for each cluster of a stack, with all that is in no cluster in each of them: objects of one cluster satisfy no
     * rule of another, and own no host there.
     */
    static ofClusters(resources: readonly EngineResource[]): readonly World[] {
        return World.split(resources.map((resource) => new Subject(resource)));
    }

    static split(subjects: readonly Subject[]): readonly World[] {
        const clusters = [...new Set(subjects.map(({ cluster }) => cluster).filter(Boolean))];
        if (clusters.length < 2) return [new World(subjects)];
        return clusters.map((cluster, index) => {
            const within = subjects.filter(
                (subject) => subject.cluster === "" || subject.cluster === cluster,
            );
            return new World(within, ` (in cluster ${index + 1} of ${clusters.length}, by provider)`);
        });
    }

    /** Every subject of these ids, such as `security.istio.io/PeerAuthentication`. */
    all(...ids: readonly string[]): readonly Subject[] {
        const [only = "", ...others] = ids;
        if (others.length === 0) return this.byId.get(only) ?? NONE;
        const key = ids.join();
        const found = this.byIds.get(key) ?? ids.flatMap((id) => this.byId.get(id) ?? NONE);
        this.byIds.set(key, found);
        return found;
    }

    /** Those of one namespace, as far as it is known of them. */
    within(namespace: string, ...ids: readonly string[]): readonly Subject[] {
        return ids.flatMap((id) => this.byPlace.get(`${namespace} ${id}`) ?? []);
    }

    /**
     * Whether something of these ids in a namespace is as it must be. A patch is not: what it does not say is another's.
     *
     * @throws UnknownField where nothing is, and something may turn out to be
     */
    has(namespace: string, ids: readonly string[], isIt: (subject: Subject) => boolean): boolean {
        const doubtful = this.unplaced.filter(({ id }) => ids.includes(id));
        return someOf(
            [...this.within(namespace, ...ids), ...doubtful].filter(({ isPatch }) => !isPatch),
            (subject) => isIt(subject) && subject.namespace === namespace,
        );
    }

    /**
     * What every one of `subjects` answers, worked out once for all rules. Whoever cannot answer yet is left out, and is
     * among the doubts of each rule that asks.
     */
    ask<Answer>(
        question: string,
        subjects: readonly Subject[] | (() => readonly Subject[]),
        answer: (subject: Subject) => readonly Answer[],
    ): readonly Answer[] {
        let found = this.answered.get(question);
        if (found === undefined) {
            const doubts = new Map<Subject, unknown>();
            const answers = (typeof subjects === "function" ? subjects() : subjects).flatMap((subject) => {
                try {
                    return answer(subject);
                } catch (error) {
                    doubts.set(subject, error);
                    return [];
                }
            });
            found = { answers, doubts };
            this.answered.set(question, found);
        }
        for (const [subject, error] of found.doubts) this.doubts.set(subject, error);
        return found.answers as readonly Answer[];
    }

    /** What kept somebody from answering a question that was asked. */
    doubtIn(question: string): unknown {
        return [...(this.answered.get(question)?.doubts.values() ?? [])][0];
    }

    /** Who could not answer since this was last called, and why. */
    takeDoubts(): ReadonlyMap<Subject, unknown> {
        const taken = this.doubts;
        this.doubts = new Map();
        return taken;
    }

    get meshConfigs(): readonly MeshConfigSource[] {
        return this.ask("mesh configs", () => this.all(...MESH_CONFIG_HOLDERS), meshConfigsOf);
    }

    /** Namespaces of this stack whose pods get a sidecar. */
    get meshed(): readonly Subject[] {
        return this.ask("meshed", this.all("core/Namespace"), (namespace) =>
            injects(namespace.labels) ? [namespace] : [],
        );
    }

    subjectOf(urn: string): Subject | undefined {
        return this.byUrn.get(urn);
    }

    /** Namespaces whose policies hold for the whole mesh: one of each control plane, which are mostly the same. */
    get rootNamespaces(): readonly string[] {
        const roots = this.meshConfigs.map(
            ({ config, namespace }) => textAt(config, "rootNamespace") ?? namespace,
        );
        return roots.length === 0 ? ["istio-system"] : [...new Set(roots)];
    }

    /** Whether this stack brings the control plane, and so answers for the whole mesh. */
    get bringsControlPlane(): boolean {
        return this.meshConfigs.length > 0;
    }

    isMeshed(namespace: string): boolean {
        return this.meshed.some(({ name }) => name === namespace);
    }

    /** Every kind of pod that the stack shows. */
    get pods(): readonly Pods[] {
        return this.ask("pods", () => this.all(...POD_MAKERS), podsOf);
    }

    /** Istio's Gateways whose proxies carry all of `labels`. */
    gatewaysOf(labels: Labels): readonly Subject[] {
        const key = JSON.stringify(labels);
        if (key === "{}") return [];
        const { pods } = this;
        let carriers: readonly Pods[] | undefined;
        return this.ask(`gateways ${key}`, this.all("networking.istio.io/Gateway"), (gateway) => {
            carriers ??= pods.filter((one) => selects(labels, one.labels));
            const selector = labelsAt(gateway.spec, "selector");
            const carry =
                Object.keys(selector).length > 0 && carriers.some((one) => selects(selector, one.labels));
            return carry || selects(labels, selector) ? [gateway] : [];
        });
    }
}

function push(map: Map<string, Subject[]>, key: string, subject: Subject): void {
    const list = map.get(key);
    if (list === undefined) map.set(key, [subject]);
    else list.push(subject);
}
