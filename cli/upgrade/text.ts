/** The upgrade plan as text: what to change, what to run, what to check. */
import { MESHED_NAMESPACES } from "../../components/base/names";
import { PROJECT } from "../../config/load";
import { LOCAL_STACK } from "../checkout";
import { type IstioRevisions, type Revision, type UpgradeStep, isNewer } from "./plan";

export function planText(
    stack: string,
    from: IstioRevisions,
    to: Revision,
    steps: readonly UpgradeStep[],
): string {
    if (steps.length === 0) return `Stack ${stack} already runs only Istio ${describe(to)}.`;
    const parts = steps.map((step, index) =>
        [
            `${index + 1}. ${capitalized(step.title)}`,
            ...(step.action === "deploy" ? deploying(stack, step.istio) : restarting(step.to)),
            `   ${step.effect}`,
        ].join("\n"),
    );
    const olds = from.revisions.filter(({ name }) => name !== to.name);
    const isDowngrade = olds.some(({ version }) => isNewer(version, to.version));
    return [
        `Istio ${isDowngrade ? "downgrade" : "upgrade"} of stack ${stack}: ${olds.map(describe).join(", ")} → ${describe(to)}`,
        ...parts,
    ].join("\n\n");
}

function deploying(stack: string, { revisions, stable }: IstioRevisions): string[] {
    return [
        `     # Pulumi.${stack}.yaml`,
        `     ${PROJECT}:istio:`,
        "       revisions:",
        ...revisions.map(
            ({ name, version, tag }) =>
                `         - { name: ${name}, version: ${version}${tag === undefined ? "" : `, tag: ${tag}`} }`,
        ),
        `       stable: ${stable}`,
        `     ${stack === LOCAL_STACK ? "make up" : `pulumi up --stack ${stack}`}`,
    ];
}

function restarting(to: string): string[] {
    return [
        ...RESTART_ORDER.flatMap((namespace) => [
            `     kubectl rollout restart deployment,statefulset,daemonset -n ${namespace}`,
            `     kubectl rollout status deployment,statefulset,daemonset -n ${namespace}`,
        ]),
        "     # Lists the proxies that still use another revision; it must print nothing:",
        '     kubectl get pods -A -o jsonpath=\'{range .items[*]}{.metadata.annotations.istio\\.io/rev}{"\\t"}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}\' \\',
        `       | awk -F'\\t' '$1 != "" && $1 != "${to}"'`,
    ];
}

/** Namespaces in restart order: gateways last, so that a faulty new version reaches clients last. */
export const RESTART_ORDER: readonly string[] = [...MESHED_NAMESPACES].sort(
    (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
);

function rank(namespace: string): number {
    return namespace.startsWith("istio-") ? 1 : 0;
}

function describe({ name, version }: Revision): string {
    return `${name} (${version})`;
}

function capitalized(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}
