/** Plans a revision-based upgrade of Istio: workloads stay in the mesh at every step. */
import {
    type ComponentVersions,
    componentVersionsOf,
    ISTIO_PARTS,
    type IstioPart,
    MAX_MINOR_SKEW,
} from "../../config/istio";
import { minorDistance, precedes } from "../../config/istio-versions";
import type { MeshConfig } from "../../config/schema";

export type Revision = MeshConfig["istio"]["revisions"][number];

/** What a stack installs of Istio. */
export interface IstioState {
    /** The revisions of istiod. */
    readonly revisions: readonly Revision[];
    /** The revision to which newly started proxies connect. */
    readonly stable: string;
    /** The versions of the parts that the revisions share. */
    readonly components: ComponentVersions;
    /** Whether the stack installs istio-cni. */
    readonly cni: boolean;
}

export type UpgradeStep =
    /** Deploy the stack with this state of Istio. */
    | {
          readonly action: "deploy";
          readonly title: string;
          readonly effect: string;
          readonly istio: IstioState;
      }
    /** Restart the workloads whose proxies are stale. */
    | {
          readonly action: "restart";
          readonly title: string;
          readonly effect: string;
          readonly to: string;
          readonly scope: RestartScope;
      };

/** Gateways restart last, so that a faulty new version reaches clients last. */
export type RestartScope = "workloads" | "gateways";

/** An upgrade that is not possible. The message states why and how to proceed. */
export class UpgradeError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "UpgradeError";
    }
}

/** What the stack's configuration installs. */
export function stateOf(istio: MeshConfig["istio"]): IstioState {
    const { revisions, cni } = istio;
    const stable = istio.stable ?? revisions[0]?.name ?? "";
    return { revisions, stable, cni, components: componentVersionsOf(istio) };
}

/** The components whose versions the stack's file must list, because they differ from the defaults. */
export function explicitVersions({
    revisions,
    stable,
    components,
    cni,
}: IstioState): Partial<ComponentVersions> {
    const defaults = componentVersionsOf({ revisions, stable, componentVersions: {} });
    const differing = ISTIO_PARTS.filter(
        (part) => components[part] !== defaults[part] && (cni || part !== "cni"),
    );
    return Object.fromEntries(differing.map((part) => [part, components[part]]));
}

/**
 * The remaining steps, from the state that the stack is in. The order is that of Istio's canary upgrade with Helm
 * (istio.io, "Upgrade with Helm"): CRDs, the new control plane, workloads, gateways, removal of the old control plane.
 * istio-cni runs once per node for all revisions and is upgraded separately (istio.io, "Install the Istio CNI node
 * agent"); here before any pod of the new revision starts.
 *
 * @returns no steps if the stack has only the target revision, and its version of every component
 * @throws UpgradeError
 */
export function planUpgrade(now: IstioState, to: Revision): UpgradeStep[] {
    const olds = assertPossible(now, to);
    const planner = new Planner(now);
    const { name, version } = to;
    const running = olds.map((old) => old.name).join(", ");
    if (precedes(planner.state.components.base, version))
        planner.move(
            "base",
            version,
            `upgrade the CRDs (istio-base) to ${version}`,
            "CRDs of a newer version serve both revisions. Nothing restarts.",
        );
    if (!planner.has(name))
        planner.deploy(
            { revisions: [...olds, to] },
            `install istiod ${name} alongside ${running}`,
            "No proxy connects to it yet. To roll back, remove the new revision.",
        );
    if (now.cni && planner.state.components.cni !== version)
        planner.move(
            "cni",
            version,
            `upgrade istio-cni to ${version}`,
            "Node by node; running pods keep their redirection. To roll back, set the old version.",
        );
    if (planner.state.stable !== name)
        planner.deploy(
            { stable: name },
            `move the revision tag to ${name}`,
            "New pods use the new revision, and its istiod validates configuration. To roll back, move the tag back.",
        );
    if (olds.length > 0) planner.restart(name, "workloads");
    if (planner.state.components.gateways !== version)
        planner.move(
            "gateways",
            version,
            `upgrade the gateways' chart to ${version}`,
            "Gateways roll out if the chart changes their pods, and then use the new revision.",
        );
    if (olds.length > 0) {
        planner.restart(name, "gateways");
        planner.deploy(
            { revisions: [to] },
            `remove istiod ${running}`,
            "Rejected while a proxy uses it. Rolling back from here is another upgrade.",
        );
    }
    if (precedes(version, planner.state.components.base))
        planner.move(
            "base",
            version,
            `return the CRDs (istio-base) to ${version}`,
            "Fields that only the newer version knows are dropped when an object is next written.",
        );
    return planner.steps;
}

/** Collects steps, each from the state that the previous one leads to. */
class Planner {
    readonly steps: UpgradeStep[] = [];

    constructor(public state: IstioState) {}

    has(name: string): boolean {
        return this.state.revisions.some((revision) => revision.name === name);
    }

    deploy(
        change: Partial<Pick<IstioState, "revisions" | "stable" | "components">>,
        title: string,
        effect: string,
    ): void {
        const next = { ...this.state, ...change };
        // Without istio-cni its version means nothing, and follows its default.
        const { cni } = componentVersionsOf({ ...next, componentVersions: {} });
        this.state = next.cni ? next : { ...next, components: { ...next.components, cni } };
        this.steps.push({ action: "deploy", title, effect, istio: this.state });
    }

    move(part: IstioPart, version: string, title: string, effect: string): void {
        this.deploy({ components: { ...this.state.components, [part]: version } }, title, effect);
    }

    restart(to: string, scope: RestartScope): void {
        this.steps.push(...restartSteps(to).filter((step) => step.scope === scope));
    }
}

type RestartStep = Extract<UpgradeStep, { action: "restart" }>;

/** The restarts of everything that is stale. */
export function restartSteps(to: string): readonly RestartStep[] {
    const effect =
        "Restarts only workloads with a proxy of another revision or version; of a service under Flagger the primary, without an analysis. " +
        "To roll back, move the tag back and restart again.";
    return [
        {
            action: "restart",
            title: "restart the stale workloads, a few at a time",
            effect,
            to,
            scope: "workloads",
        },
        { action: "restart", title: "restart the stale gateways", effect, to, scope: "gateways" },
    ];
}

/** @returns the revisions to remove. @throws UpgradeError */
function assertPossible(now: IstioState, to: Revision): readonly Revision[] {
    const known = now.revisions.find(({ name }) => name === to.name);
    const olds = now.revisions.filter(({ name }) => name !== to.name);
    if (known !== undefined && (known.version !== to.version || known.tag !== to.tag))
        throw new UpgradeError(
            `the stack already has revision ${to.name}, with version ${known.version}. An istiod that proxies use is never replaced in place: ` +
                "choose another name for the new revision.",
        );
    if (olds.length > 1)
        throw new UpgradeError(
            `an upgrade from ${now.revisions.map(({ name }) => name).join(" to ")} is in progress. Complete it first, or roll back: ` +
                `mesh upgrade --to ${now.stable}`,
        );
    const [old] = olds;
    if (old === undefined) return olds;
    if (known === undefined && old.version === to.version && old.tag === to.tag)
        throw new UpgradeError(
            `revision ${old.name} already runs Istio ${to.version}: ${to.name} would change the name only. ` +
                "Set --istio-version (or --tag) to the release to upgrade to.",
        );
    const skew = minorDistance(to.version, old.version);
    if (skew > MAX_MINOR_SKEW)
        throw new UpgradeError(
            `${old.version} and ${to.version} are ${skew} minor versions apart; Istio supports a skew of ${MAX_MINOR_SKEW}. ` +
                "Upgrade to the minor version in between first.",
        );
    return olds;
}
