/** A certificate that ends before its time, as where nobody renewed it. */
import type { Cause } from "./cause";
import { issuedAnew } from "./cert-manager";
import type { Deployment } from "./deployment";

/** What cert-manager issues is one for four weeks, and then again what it was. */
export function endingSoon(
    node: Deployment,
    namespace: string,
    name: string,
): Required<Pick<Cause, "make" | "end">> {
    const certificate = ["certificate.cert-manager.io", namespace, name] as const;
    let had: { readonly duration: string; readonly renewBefore: string };
    const lasting = async (spec: { readonly duration: string; readonly renewBefore: string }) => {
        // What has another duration than it should have is issued anew.
        await issuedAnew(node, namespace, name, () => node.mergePatch(...certificate, { spec }));
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
