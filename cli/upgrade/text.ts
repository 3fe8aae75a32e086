/** The plan for people: what to write, what to run, what to look at. */
import { MESHED_NAMESPACES } from "../../components/base/names";
import { PROJECT } from "../../config/load";
import type { Istios, Revision, Step } from "./plan";

export function planText(stack: string, from: Istios, to: Revision, steps: readonly Step[]): string {
    if (steps.length === 0) return `Istio of ${stack} is ${describe(to)} already, and nothing else is there.`;
    const parts = steps.map((step, index) =>
        [
            `${index + 1}. ${capitalised(step.title)}`,
            ...(step.do === "deploy" ? deploying(stack, step.istio) : restarting(step.to)),
            `   ${step.effect}`,
        ].join("\n"),
    );
    const olds = from.revisions.filter(({ name }) => name !== to.name).map(describe);
    return [`Istio of ${stack}: ${olds.join(", ")} → ${describe(to)}`, ...parts].join("\n\n");
}

function deploying(stack: string, { revisions, stable }: Istios): string[] {
    return [
        `     # Pulumi.${stack}.yaml`,
        `     ${PROJECT}:istio:`,
        "       revisions:",
        ...revisions.map(
            ({ name, version, tag }) =>
                `         - { name: ${name}, version: ${version}${tag === undefined ? "" : `, tag: ${tag}`} }`,
        ),
        `       stable: ${stable}`,
        `     pulumi up --stack ${stack}`,
    ];
}

function restarting(to: string): string[] {
    return [
        ...RESTARTED.flatMap((namespace) => [
            `     kubectl rollout restart deployment,statefulset,daemonset -n ${namespace}`,
            `     kubectl rollout status deployment,statefulset,daemonset -n ${namespace}`,
        ]),
        "     # Nobody is left behind where this prints nothing:",
        '     kubectl get pods -A -o jsonpath=\'{range .items[*]}{.metadata.annotations.istio\\.io/rev}{"\\t"}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}\' \\',
        `       | awk -F'\\t' '$1 != "" && $1 != "${to}"'`,
    ];
}

/** What others call goes first: should the new version not do, the fewest see it. Clients' way in is last. */
export const RESTARTED: readonly string[] = [...MESHED_NAMESPACES].sort(
    (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
);

function rank(namespace: string): number {
    return namespace.startsWith("istio-") ? 1 : 0;
}

function describe({ name, version }: Revision): string {
    return `${name} (${version})`;
}

function capitalised(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}
