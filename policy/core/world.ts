/** All resources of a stack, found by what they are. */
import { type MeshConfigSource, meshConfigsOf } from "./mesh-config";
import { selects, textAt } from "./read";
import { injects } from "./injection";
import { Subject, type EngineResource } from "./subject";
import { podOf, WORKLOADS } from "./workload";

export class World {
    readonly subjects: readonly Subject[];
    private readonly byId = new Map<string, Subject[]>();
    private readonly byUrn = new Map<string, Subject>();

    constructor(resources: readonly EngineResource[]) {
        this.subjects = resources.map((resource) => new Subject(resource));
        for (const subject of this.subjects) {
            const same = this.byId.get(subject.id);
            if (same === undefined) this.byId.set(subject.id, [subject]);
            else same.push(subject);
            this.byUrn.set(subject.urn, subject);
        }
    }

    /** Every subject of these ids, such as `security.istio.io/PeerAuthentication`. */
    all(...ids: readonly string[]): readonly Subject[] {
        return ids.length === 1
            ? (this.byId.get(ids[0] ?? "") ?? [])
            : ids.flatMap((id) => this.byId.get(id) ?? []);
    }

    within(namespace: string, ...ids: readonly string[]): readonly Subject[] {
        return this.all(...ids).filter((subject) => subject.namespace === namespace);
    }

    subjectOf(urn: string): Subject | undefined {
        return this.byUrn.get(urn);
    }

    get meshConfigs(): readonly MeshConfigSource[] {
        return this.subjects.flatMap(meshConfigsOf);
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

    /** Namespaces of this stack whose pods get a sidecar. */
    get meshed(): readonly Subject[] {
        return this.all("core/Namespace").filter((namespace) => injects(namespace.labels));
    }

    isMeshed(namespace: string): boolean {
        return this.meshed.some(({ name }) => name === namespace);
    }

    /** Workloads whose pods a selector of this namespace finds. */
    podsOf(namespace: string, selector: Readonly<Record<string, string>>): readonly Subject[] {
        return this.within(namespace, ...WORKLOADS).filter((workload) =>
            selects(selector, podOf(workload).labels),
        );
    }

    /** Istio's Gateways whose proxies carry all of `labels`. */
    gatewaysOf(labels: Readonly<Record<string, string>>): readonly Subject[] {
        if (Object.keys(labels).length === 0) return [];
        return this.all("networking.istio.io/Gateway").filter((gateway) => {
            const selector = gateway.spec["selector"];
            return typeof selector === "object" && selector !== null && selects(labels, stringMap(selector));
        });
    }
}

function stringMap(value: object): Record<string, string> {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
}
