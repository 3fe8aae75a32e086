/** Makes a certificate expire soon, as if renewal had failed. */
import type { Cause } from "./cause";
import { reissued } from "./cert-manager";
import type { Deployment } from "./deployment";

/** Makes cert-manager issue a certificate for four weeks, and later one with the original duration. */
export function endingSoon(
    node: Deployment,
    namespace: string,
    name: string,
): Required<Pick<Cause, "make" | "end">> {
    const certificate = ["certificate.cert-manager.io", namespace, name] as const;
    let had: { readonly duration: string; readonly renewBefore: string };
    const lasting = async (spec: { readonly duration: string; readonly renewBefore: string }) => {
        // cert-manager reissues a certificate whose duration differs from the spec.
        await reissued(node, namespace, name, () => node.mergePatch(...certificate, { spec }));
    };
    return {
        make: async () => {
            const printed = await node.kubectl([
                ...["get", certificate[0], "--namespace", namespace, name, "--output", "jsonpath={.spec}"],
            ]);
            had = JSON.parse(printed) as typeof had;
            await lasting({ duration: `${28 * 24}h`, renewBefore: "24h" });
        },
        end: () => lasting({ duration: had.duration, renewBefore: had.renewBefore }),
    };
}
