/** Alternatives to a token with which clients of an exposed host can authenticate. */
import { actionOf, AUTHORIZATION, isDryRun, rulesOf } from "../../core/authorization";
import { type ExposedHost } from "../../core/exposure";
import { policiesAt } from "../../core/gateway-proxies";
import { matchesHost } from "../../core/patterns";
import { at, list, isNonEmpty, textAt, texts } from "../../core/read";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

export const PROOFS = ["certificate", "authorizer"] as const;

export type Proof = (typeof PROOFS)[number];

/** Whether every client of an exposed host must provide one of `proofs`. */
export function isProven(stack: StackResources, exposure: ExposedHost, proofs: readonly Proof[]): boolean {
    return (
        (proofs.includes("certificate") && exposure.requiresClientCertificate) ||
        (proofs.includes("authorizer") &&
            policiesAt(stack, exposure.gateway, AUTHORIZATION).some(
                (policy) =>
                    sendsAll(policy, exposure) && isProvider(stack, textAt(policy.spec, "provider", "name")),
            ))
    );
}

/**
 * Whether a CUSTOM policy sends every request of an exposed host to its authorizer: only hosts and ports
 * restrict it.
 */
function sendsAll(policy: Subject, { host, port }: ExposedHost): boolean {
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
                return isHere && isPort && !Object.values(others).some(isNonEmpty);
            })
        );
    });
}

/** Whether an external authorization provider exists and fails closed, as far as this stack shows. */
function isProvider(stack: StackResources, name: string | undefined): boolean {
    if (name === undefined) return false;
    return stack.meshConfigs.every(({ config }) => {
        const provider = list(config["extensionProviders"]).find((one) => textAt(one, "name") === name);
        const authorizer = at(provider, "envoyExtAuthzHttp") ?? at(provider, "envoyExtAuthzGrpc");
        return isNonEmpty(authorizer) && (textAt(authorizer, "failOpen") ?? "false") === "false";
    });
}
