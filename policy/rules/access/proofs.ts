/** By what else than a token clients of an exposed host may show who they are. */
import { actionOf, AUTHORIZATION, isDryRun, rulesOf } from "../../core/authorization";
import { type Exposure } from "../../core/exposure";
import { policiesAt } from "../../core/gateway-proxies";
import { matchesHost } from "../../core/matching";
import { at, list, says, textAt, texts } from "../../core/read";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

export const PROOFS = ["certificate", "authorizer"] as const;

export type Proof = (typeof PROOFS)[number];

/** Whether no client gets in to the exposure without one of `proofs`. */
export function isProven(world: World, exposure: Exposure, proofs: readonly Proof[]): boolean {
    return (
        (proofs.includes("certificate") && exposure.certified) ||
        (proofs.includes("authorizer") &&
            policiesAt(world, exposure.gateway, AUTHORIZATION).some(
                (policy) =>
                    sendsAll(policy, exposure) && isProvider(world, textAt(policy.spec, "provider", "name")),
            ))
    );
}

/** Whether a CUSTOM policy sends every request of an exposure to its authorizer: nothing but hosts and ports narrows it. */
function sendsAll(policy: Subject, { host, port }: Exposure): boolean {
    if (actionOf(policy) !== "CUSTOM" || policy.isPatch || isDryRun(policy)) return false;
    return rulesOf(policy).some(({ sources, operations, conditions }) => {
        if (sources.length > 0 || conditions.length > 0) return false;
        return (
            operations.length === 0 ||
            operations.some(({ fields }) => {
                const { hosts, ports, ...others } = fields;
                const isHere =
                    texts(hosts).length === 0 || texts(hosts).some((one) => matchesHost(one, host));
                const isPort = texts(ports).length === 0 || texts(ports).includes(String(port));
                return isHere && isPort && !Object.values(others).some(says);
            })
        );
    });
}

/** Whether a provider of external authorization is there and refuses while it is down, as far as this stack says. */
function isProvider(world: World, name: string | undefined): boolean {
    if (name === undefined) return false;
    return world.meshConfigs.every(({ config }) => {
        const provider = list(config["extensionProviders"]).find((one) => textAt(one, "name") === name);
        const authorizer = at(provider, "envoyExtAuthzHttp") ?? at(provider, "envoyExtAuthzGrpc");
        return says(authorizer) && (textAt(authorizer, "failOpen") ?? "false") === "false";
    });
}
