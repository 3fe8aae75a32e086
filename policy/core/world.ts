/** All resources of a stack, found by what they are. */
import { MESH_CONFIG_HOLDERS, type MeshConfigSource, meshConfigsOf } from "./mesh-config";
import { labelsAt, selects, textAt } from "./read";
import { injects } from "./injection";
import { Subject, type EngineResource } from "./subject";

export class World {
    readonly meshConfigs: readonly MeshConfigSource[];
    /** Namespaces of this stack whose pods get a sidecar. */
    readonly meshed: readonly Subject[];
    private readonly byId = new Map<string, Subject[]>();
    private readonly byPlace = new Map<string, Subject[]>();
    private readonly byUrn = new Map<string, Subject>();
    private readonly meshedNames: ReadonlySet<string>;
    private readonly gateways = new Map<string, readonly Subject[]>();

    constructor(readonly subjects: readonly Subject[]) {
        for (const subject of subjects) {
            push(this.byId, subject.id, subject);
            push(this.byPlace, `${subject.namespace} ${subject.id}`, subject);
            this.byUrn.set(subject.urn, subject);
        }
        this.meshConfigs = this.all(...MESH_CONFIG_HOLDERS).flatMap(meshConfigsOf);
        this.meshed = this.all("core/Namespace").filter((namespace) => injects(namespace.labels));
        this.meshedNames = new Set(this.meshed.map(({ name }) => name));
    }

    static of(resources: readonly EngineResource[]): World {
        return new World(resources.map((resource) => new Subject(resource)));
    }

    /** Every subject of these ids, such as `security.istio.io/PeerAuthentication`. */
    all(...ids: readonly string[]): readonly Subject[] {
        return ids.flatMap((id) => this.byId.get(id) ?? []);
    }

    within(namespace: string, ...ids: readonly string[]): readonly Subject[] {
        return ids.flatMap((id) => this.byPlace.get(`${namespace} ${id}`) ?? []);
    }

    subjectOf(urn: string): Subject | undefined {
        return this.byUrn.get(urn);
    }

    /** The namespace whose policies hold for the whole mesh. */
    get rootNamespace(): string {
        const named = this.meshConfigs.map(({ config }) => textAt(config, "rootNamespace")).find(Boolean);
        return named ?? this.meshConfigs[0]?.subject.namespace ?? "istio-system";
    }

    /** Whether this stack brings the control plane, and so answers for the whole mesh. */
    get bringsControlPlane(): boolean {
        return this.meshConfigs.length > 0;
    }

    isMeshed(namespace: string): boolean {
        return this.meshedNames.has(namespace);
    }

    /** Istio's Gateways whose proxies carry all of `labels`. */
    gatewaysOf(labels: Readonly<Record<string, string>>): readonly Subject[] {
        const key = JSON.stringify(labels);
        if (key === "{}") return [];
        let found = this.gateways.get(key);
        if (found === undefined) {
            found = this.all("networking.istio.io/Gateway").filter(({ spec }) =>
                selects(labels, labelsAt(spec, "selector")),
            );
            this.gateways.set(key, found);
        }
        return found;
    }
}

function push(map: Map<string, Subject[]>, key: string, subject: Subject): void {
    const list = map.get(key);
    if (list === undefined) map.set(key, [subject]);
    else list.push(subject);
}
