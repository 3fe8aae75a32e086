/** `service-resolver` and `service-splitter`: timeouts, load balancing, versions, and other targets. */
import type { Port } from "../../../../catalogue/model";
import type { DraftService } from "../../draft";
import { fieldPath, type ObjectFields } from "../../fields";
import { catalogueName, type Context } from "../context";
import { dataOf, durationAt, listAt, numberAt, textAt } from "../data";

type Balancing = NonNullable<DraftService["loadBalancing"]>;

const HEADER = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** The load balancing of a service with a port of this protocol, as far as the catalogue can express it. */
export function balancingOf(
    context: Context,
    service: string,
    protocol: Port["protocol"],
): Balancing | undefined {
    const resolver = context.get("service-resolver", service);
    const balancer = dataOf(resolver?.object.data["LoadBalancer"]);
    switch (textAt(balancer, "Policy")) {
        case "least_request":
            return { policy: "least-request" };
        case "ring_hash":
        case "maglev": {
            const [policy, ...others] = listAt(balancer, "HashPolicies");
            const header = textAt(policy, "FieldValue").toLowerCase();
            const isHeader = textAt(policy, "Field") === "header" && HEADER.test(header);
            return isHeader && others.length === 0 && protocol !== "tcp"
                ? { policy: "consistent-hash", header }
                : undefined;
        }
        default:
            return undefined;
    }
}

/** Accounts for a resolver. Its request timeout is in the draft's calls, if there are any. */
export function translateResolver(context: Context, resolver: ObjectFields): void {
    const { name, data } = resolver.object;
    const target = catalogueName(name);
    const service = context.draft.services.get(target);
    const inDraft = service !== undefined;
    resolver.main(
        ["Kind", "Name", "Meta"],
        inDraft ? "translated" : "by-hand",
        inDraft ? `services.${target}` : `The draft has no service ${target}.`,
    );
    if (!isDefault(context, name, "RequestTimeout") && durationAt(data, "RequestTimeout") > 0) {
        const callers = callersOf(context, target);
        resolver.add(
            "RequestTimeout",
            callers.length > 0 ? "translated" : "by-hand",
            callers.length > 0
                ? `The timeout of the calls of ${callers.join(", ")} to ${target}`
                : `Set it as the timeout of the calls to ${target}: the draft has none.`,
        );
    }
    resolver.add("ConnectTimeout", "difference", "The mesh waits 1 s for a connection to a service.");
    translateBalancer(resolver, service?.loadBalancing, target, inDraft);
    const versions = `the stack's traffic.services.${target}.versions`;
    for (const [subset, value] of Object.entries(dataOf(data["Subsets"]))) {
        const filter = textAt(value, "Filter");
        const isVersion = /^Service\.Meta\.version *== *"?[\w.-]+"?$/.test(filter);
        resolver.add(
            fieldPath("Subsets", subset),
            "by-hand",
            isVersion
                ? `Add it to ${versions}: its pods need the label version.`
                : `The mesh chooses subsets by the pod label version only. Label the pods that ${filter === "" ? "are in it" : `match ${filter}`}, and add it to ${versions}.`,
        );
    }
    resolver.add("DefaultSubset", "by-hand", `Give this version all traffic in ${versions}.`);
    const { Datacenter, Peer } = dataOf(data["Redirect"]);
    const other = [textAt(data, "Redirect", "Service") || name, Datacenter, Peer].filter(
        (one) => one !== undefined && one !== "",
    );
    resolver.add(
        "Redirect",
        "by-hand",
        `Callers of ${name} reach ${other.join(" in ")}. Make them call it by its name, or add it as an external group.`,
    );
    for (const subset of Object.keys(dataOf(data["Failover"])))
        resolver.add(
            fieldPath("Failover", subset),
            "by-hand",
            "The mesh has no failover to another service, datacenter or peer: run replicas in several zones, or add an external group.",
        );
}

function translateBalancer(
    resolver: ObjectFields,
    balancing: Balancing | undefined,
    target: string,
    inDraft: boolean,
): void {
    const policy = textAt(resolver.object.data, "LoadBalancer", "Policy");
    const path = "LoadBalancer";
    if (!inDraft) {
        resolver.add(path, "by-hand", `Set loadBalancing of ${target}.`);
        return;
    }
    if (balancing !== undefined) {
        resolver.add(`${path}.RingHashConfig`, "difference", "The size of the hash ring is Istio's.");
        const choices = numberAt(resolver.object.data, path, "LeastRequestConfig", "ChoiceCount");
        if (choices !== 2)
            resolver.add(
                `${path}.LeastRequestConfig`,
                "difference",
                "The mesh compares two random replicas.",
            );
        const isMaglev = policy === "maglev";
        resolver.add(
            path,
            isMaglev ? "difference" : "translated",
            `services.${target}.loadBalancing${isMaglev ? ": a hash ring instead of Maglev" : ""}`,
        );
    } else if (policy === "" || policy === "round_robin") {
        resolver.add(path, "translated", "Round-robin is the default of the catalogue.");
    } else if (policy === "random") {
        resolver.add(path, "difference", "The draft has round-robin instead of random.");
    } else {
        resolver.add(
            path,
            "by-hand",
            "The mesh hashes by one header of HTTP or gRPC requests: choose one that carries the key, and set loadBalancing.",
        );
    }
}

export function translateSplitter(context: Context, splitter: ObjectFields): void {
    const { name, data } = splitter.object;
    const target = catalogueName(name);
    splitter.main(
        ["Kind", "Name", "Meta"],
        "by-hand",
        `Finish this release before the cutover, or continue it in the mesh.`,
    );
    for (const [index, split] of listAt(data, "Splits").entries()) {
        const path = `Splits[${index}]`;
        const weight = numberAt(split, "Weight");
        const service = textAt(split, "Service");
        headers(splitter, path);
        if (service !== "" && service !== name)
            splitter.add(
                path,
                "by-hand",
                `${weight} % of the requests go to ${service}: the mesh splits among versions of one service only.`,
            );
        else {
            const whole = Number.isInteger(weight) ? "" : " Weights in the mesh are whole numbers.";
            const subset = textAt(split, "ServiceSubset") || "default";
            splitter.add(
                path,
                "by-hand",
                `Set the weight ${weight} of ${subset} in the stack's traffic.services.${target}.versions.${whole}`,
            );
        }
    }
    const isUnread = context.get("service", name) === undefined;
    if (isUnread) splitter.add("Name", "by-hand", `No service ${name} is registered.`);
}

/** Header operations, which routes, splits and gateways share. */
export function headers(fields: ObjectFields, path: string): void {
    for (const direction of ["RequestHeaders", "ResponseHeaders"])
        fields.add(
            `${path}.${direction}`,
            "by-hand",
            "The catalogue has no header operations: set these headers in the caller or the service.",
        );
}

/** The services that call `target` in the draft. */
export function callersOf(context: Context, target: string): string[] {
    return [...context.draft.services]
        .filter(([, { calls }]) => calls.some(({ to }) => to === target))
        .map(([name]) => name)
        .sort();
}

/** Whether a service is TCP in the draft, so that it has no request timeout. */
function isDefault(context: Context, service: string, field: string): boolean {
    const ports = Object.values(context.draft.services.get(catalogueName(service))?.ports ?? {});
    const isTcp = ports.length > 0 && ports.every(({ protocol }) => protocol === "tcp");
    if (isTcp)
        context
            .get("service-resolver", service)
            ?.add(
                field,
                "difference",
                "The service is TCP in the draft, so the mesh sees no requests to time out.",
            );
    return isTcp;
}
