/** The upgrade plan as text: what to change, what to run, what to check. */
import { MESHED_NAMESPACES } from "../../components/base/names";
import { precedes } from "../../config/istio-versions";
import { PROJECT } from "../../config/load";
import { LOCAL_STACK } from "../lib/checkout";
import type { IstioState, RestartScope, Revision, UpgradeStep } from "./plan";
import { stateKeys } from "./stack-file";

export function planText(
    stack: string,
    from: IstioState,
    to: Revision,
    steps: readonly UpgradeStep[],
): string {
    if (steps.length === 0) return `Stack ${stack} already runs only Istio ${describe(to)}.`;
    const parts = steps.map((step, index) =>
        [
            `${index + 1}. ${capitalized(step.title)}`,
            ...(step.action === "deploy" ? deploying(stack, step.istio) : restarting(stack, step)),
            `   ${step.effect}`,
        ].join("\n"),
    );
    const olds = from.revisions.filter(({ name }) => name !== to.name);
    const isDowngrade = olds.some(({ version }) => precedes(to.version, version));
    const names = olds.length === 0 ? "" : `${olds.map(describe).join(", ")} → `;
    return [
        `Istio ${isDowngrade ? "downgrade" : "upgrade"} of stack ${stack}: ${names}${describe(to)}`,
        ...parts,
    ].join("\n\n");
}

function deploying(stack: string, state: IstioState): string[] {
    const lines = Object.entries(stateKeys(state)).flatMap(([key, value]) =>
        value === undefined ? [] : [`       ${key}: ${flow(value)}`],
    );
    return [
        `     # Pulumi.${stack}.yaml: these keys, and no other of revisions, stable and componentVersions`,
        `     ${PROJECT}:istio:`,
        ...lines,
        `     ${stack === LOCAL_STACK ? "make up" : `pulumi up --stack ${stack}`}`,
    ];
}

/** The command finds the stale pods itself: restarting every Deployment would start a canary of each service. */
function restarting(stack: string, { to, scope }: Extract<UpgradeStep, { action: "restart" }>): string[] {
    const where = stack === LOCAL_STACK ? "" : ` --stack ${stack} --context <context>`;
    return [`     npx mesh upgrade${where} --to ${to} --restart ${scope}`];
}

/** The namespaces of a restart, in order. Gateways restart last. */
export function namespacesOf(scope: RestartScope): readonly string[] {
    return RESTART_ORDER.filter((namespace) => isGateways(namespace) === (scope === "gateways"));
}

/** Namespaces in restart order: gateways last, so that a faulty new version reaches clients last. */
export const RESTART_ORDER: readonly string[] = [...MESHED_NAMESPACES].sort(
    (a, b) => Number(isGateways(a)) - Number(isGateways(b)) || (a < b ? -1 : 1),
);

function isGateways(namespace: string): boolean {
    return namespace.startsWith("istio-");
}

function flow(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
    if (typeof value !== "object" || value === null) return String(value);
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{ ${fields.map(([key, field]) => `${key}: ${flow(field)}`).join(", ")} }`;
}

function describe({ name, version }: Revision): string {
    return `${name} (${version})`;
}

function capitalized(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}
