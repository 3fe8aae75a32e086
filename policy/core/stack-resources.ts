/** All resources of a stack, indexed by kind and namespace. */
import { MESH_CONFIG_HOLDERS, type MeshConfigSource, meshConfigsOf } from "./mesh-config";
import { POD_MAKERS, type Pods, podsOf } from "./pods";
import { labelsAt, selects, someOf, textAt } from "./read";
import { injects } from "./injection";
import { Subject, type EngineResource } from "./subject";
import { ANY_POD_TEMPLATE, embeddedPods } from "./workload";

type Labels = Readonly<Record<string, string>>;

interface CachedResult {
    readonly values: readonly unknown[];
    readonly errors: ReadonlyMap<Subject, unknown>;
}

const NONE: readonly Subject[] = [];

export class StackResources {
    private readonly byId = new Map<string, Subject[]>();
    /** Indexed by several ids together: many policies request all kinds that create pods. */
    private readonly byIds = new Map<string, readonly Subject[]>();
    private readonly byNamespaceAndId = new Map<string, Subject[]>();
    private readonly byUrn = new Map<string, Subject>();
    private readonly withUnknownNamespace: Subject[] = [];
    private readonly cache = new Map<string, CachedResult>();
    private errors = new Map<Subject, unknown>();

    constructor(
        readonly subjects: readonly Subject[],
        /**
         * ` (in cluster 2 of 3, by provider)`, for violations without an object; empty if the stack has one
         * cluster.
         */
        readonly clusterNote = "",
    ) {
        for (const subject of subjects) {
            const ids = embeddedPods(subject).length > 0 ? [subject.id, ANY_POD_TEMPLATE] : [subject.id];
            for (const id of ids) {
                push(this.byId, id, subject);
                if (subject.hasKnownNamespace)
                    push(this.byNamespaceAndId, `${subject.namespace} ${id}`, subject);
            }
            this.byUrn.set(subject.urn, subject);
            if (!subject.hasKnownNamespace) this.withUnknownNamespace.push(subject);
        }
    }

    static of(resources: readonly EngineResource[]): StackResources {
        return new StackResources(resources.map((resource) => new Subject(resource)));
    }

    /**
     * One instance for each cluster of a stack, each with all resources that are not in a cluster: objects of
     * one cluster neither satisfy rules nor define hosts in another.
     */
    static ofClusters(resources: readonly EngineResource[]): readonly StackResources[] {
        return StackResources.split(resources.map((resource) => new Subject(resource)));
    }

    static split(subjects: readonly Subject[]): readonly StackResources[] {
        const clusters = [...new Set(subjects.map(({ cluster }) => cluster).filter(Boolean))];
        if (clusters.length < 2) return [new StackResources(subjects)];
        return clusters.map((cluster, index) => {
            const within = subjects.filter(
                (subject) => subject.cluster === "" || subject.cluster === cluster,
            );
            return new StackResources(
                within,
                ` (in cluster ${index + 1} of ${clusters.length}, by provider)`,
            );
        });
    }

    /** Every subject with one of these ids, such as `security.istio.io/PeerAuthentication`. */
    all(...ids: readonly string[]): readonly Subject[] {
        const [only = "", ...others] = ids;
        if (others.length === 0) return this.byId.get(only) ?? NONE;
        const key = ids.join();
        const cached = this.byIds.get(key) ?? ids.flatMap((id) => this.byId.get(id) ?? NONE);
        this.byIds.set(key, cached);
        return cached;
    }

    /** The subjects of one namespace, as far as their namespaces are known. */
    within(namespace: string, ...ids: readonly string[]): readonly Subject[] {
        return ids.flatMap((id) => this.byNamespaceAndId.get(`${namespace} ${id}`) ?? []);
    }

    /**
     * Whether a subject with one of these ids in a namespace fulfills a condition. A patch does not count:
     * fields that it omits belong to another program.
     * @throws UnknownField if none does, and one may after the update
     */
    has(namespace: string, ids: readonly string[], condition: (subject: Subject) => boolean): boolean {
        const candidates = this.withUnknownNamespace.filter(({ id }) => ids.includes(id));
        return someOf(
            [...this.within(namespace, ...ids), ...candidates].filter(({ isPatch }) => !isPatch),
            (subject) => condition(subject) && subject.namespace === namespace,
        );
    }

    /**
     * Concatenates the results of `read` for all subjects, computed once for all rules. A subject that
     * cannot be read yet is skipped, and its error is added to the errors of each rule that uses the result.
     */
    collect<Value>(
        cacheKey: string,
        subjects: readonly Subject[] | (() => readonly Subject[]),
        read: (subject: Subject) => readonly Value[],
    ): readonly Value[] {
        let cached = this.cache.get(cacheKey);
        if (cached === undefined) {
            const errors = new Map<Subject, unknown>();
            const values = (typeof subjects === "function" ? subjects() : subjects).flatMap((subject) => {
                try {
                    return read(subject);
                } catch (error) {
                    errors.set(subject, error);
                    return [];
                }
            });
            cached = { values, errors };
            this.cache.set(cacheKey, cached);
        }
        for (const [subject, error] of cached.errors) this.errors.set(subject, error);
        return cached.values as readonly Value[];
    }

    /** The first error of a cached collection. */
    errorIn(cacheKey: string): unknown {
        return [...(this.cache.get(cacheKey)?.errors.values() ?? [])][0];
    }

    /** The subjects that could not be read since the last call, with their errors. */
    takeErrors(): ReadonlyMap<Subject, unknown> {
        const unresolved = this.errors;
        this.errors = new Map();
        return unresolved;
    }

    get meshConfigs(): readonly MeshConfigSource[] {
        return this.collect("mesh configs", () => this.all(...MESH_CONFIG_HOLDERS), meshConfigsOf);
    }

    /** Namespaces of this stack with sidecar injection. */
    get meshed(): readonly Subject[] {
        return this.collect("meshed", this.all("core/Namespace"), (namespace) =>
            injects(namespace.labels) ? [namespace] : [],
        );
    }

    subjectOf(urn: string): Subject | undefined {
        return this.byUrn.get(urn);
    }

    /** Namespaces whose policies apply to the whole mesh: one for each control plane, usually the same. */
    get rootNamespaces(): readonly string[] {
        const roots = this.meshConfigs.map(
            ({ config, namespace }) => textAt(config, "rootNamespace") ?? namespace,
        );
        return roots.length === 0 ? ["istio-system"] : [...new Set(roots)];
    }

    /** Whether this stack installs the control plane, and so must configure the whole mesh. */
    get bringsControlPlane(): boolean {
        return this.meshConfigs.length > 0;
    }

    isMeshed(namespace: string): boolean {
        return this.meshed.some(({ name }) => name === namespace);
    }

    /** All pods that are visible in the stack. */
    get pods(): readonly Pods[] {
        return this.collect("pods", () => this.all(...POD_MAKERS), podsOf);
    }

    /** Istio Gateways whose proxies have all of `labels`. */
    gatewaysOf(labels: Labels): readonly Subject[] {
        const key = JSON.stringify(labels);
        if (key === "{}") return [];
        const { pods } = this;
        let carriers: readonly Pods[] | undefined;
        return this.collect(`gateways ${key}`, this.all("networking.istio.io/Gateway"), (gateway) => {
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
