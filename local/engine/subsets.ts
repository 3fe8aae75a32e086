/**
 * Subsets of DestinationRules, which routes name. A subset must exist before a route names it, and until no route does: a
 * proxy responds 503 to requests whose route names an unknown subset. A rule is applied before the VirtualServices that depend
 * on it, which is right for a new subset; one that the rule no longer has is kept until all routes are applied.
 */
import { type KubeClient } from "./kube/client";
import { collectionPath, type Discovery } from "./kube/discovery";
import type { KubeObject } from "../lib/kube-object";
import { isDestinationRule } from "./resource";
import { type Clock, retrying, systemClock } from "./retry";

interface Subset {
    readonly name: string;
}

interface DestinationRule extends KubeObject {
    readonly spec?: { readonly subsets?: readonly Subset[] };
}

/** The DestinationRules in the cluster before the run: one request for all. */
export class LiveSubsets {
    private listed: Promise<ReadonlyMap<string, readonly Subset[]>> | undefined;

    constructor(
        private readonly client: KubeClient,
        private readonly discovery: Discovery,
        private readonly clock: Clock = systemClock,
    ) {}

    /** The object with the subsets that it has in the cluster, and no longer in the program; undefined if there are none. */
    async withRemoved(object: KubeObject): Promise<KubeObject | undefined> {
        if (!isDestinationRule(object)) return undefined;
        this.listed ??= retrying(() => this.list(object), this.clock);
        const live = (await this.listed).get(placeOf(object)) ?? [];
        const { spec = {} } = object as DestinationRule;
        const subsets = spec.subsets ?? [];
        const removed = live.filter(({ name }) => !subsets.some((subset) => subset.name === name));
        return removed.length === 0
            ? undefined
            : { ...object, spec: { ...spec, subsets: [...subsets, ...removed] } };
    }

    private async list({ apiVersion, kind }: KubeObject): Promise<ReadonlyMap<string, readonly Subset[]>> {
        const served = await this.discovery.find(apiVersion, kind).catch(() => undefined);
        // Without the kind there are no rules; applying one waits for it, or reports that it is missing.
        if (served === undefined) return new Map();
        const { items } = (await this.client.get(collectionPath(served))) as {
            readonly items: readonly DestinationRule[];
        };
        return new Map(items.map((item) => [placeOf(item), item.spec?.subsets ?? []]));
    }
}

function placeOf({ metadata: { namespace = "default", name } }: KubeObject): string {
    return `${namespace}/${name}`;
}
