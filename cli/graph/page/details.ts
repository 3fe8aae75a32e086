import type { OperationSet, Call, Catalogue, Port, Service } from "../../../catalogue/model";
import {
    type Edge,
    callersOf,
    callsOf,
    exposuresOf,
    externalEdges,
    retriesOf,
    storeEdges,
} from "../../../catalogue/query";
import { escaped, table } from "./html";

/** A service's entry in the catalogue, as HTML. */
export function details(catalogue: Catalogue, name: string, service: Service): string {
    const { domain, tier, summary, storesTenantData } = service;
    return `<article id="detail-${name}" tabindex="-1" aria-labelledby="detail-${name}-title">
<h2 id="detail-${name}-title">${name}</h2>
<p>${escaped(summary)}</p>
<p class="facts">${escaped(domain)} · <span class="tier ${tier}">${tier}</span>${storesTenantData ? " · stores tenant data" : ""}</p>
${table(
    "Calls",
    ["service", "port", "operations", "timeout", "retries"],
    callsOf(catalogue, name).map((edge) => call(edge, edge.callee)),
)}
${table(
    "Called by",
    ["service", "port", "operations", "timeout", "retries"],
    callersOf(catalogue, name).map((edge) => call(edge, edge.caller)),
)}
${table(
    "Exposed at gateways",
    ["gateway", "host", "operations", "authentication", "timeout"],
    exposuresOf(catalogue, name).map(({ exposure, port }) => [
        exposure.gateway,
        exposure.host,
        operationsHtml(port, exposure),
        exposure.authentication,
        exposure.timeout,
    ]),
)}
${table(
    "Stores",
    ["store", "port"],
    storeEdges(catalogue)
        .filter(({ caller }) => caller === name)
        .map(({ store, port }) => [store, `${port.application} ${port.number}`]),
)}
${table(
    "External services",
    ["group", "hosts"],
    externalEdges(catalogue)
        .filter(({ caller }) => caller === name)
        .map(({ groupName, group }) => [
            groupName,
            group.hosts.map(({ host, port }) => `${escaped(host)}:${port}`).join("<br>"),
        ]),
)}
</article>`;
}

function call({ portName, port, call: edgeCall }: Edge, other: string): string[] {
    const link = `<a href="#${other}">${other}</a>${edgeCall.optional ? " <small>optional</small>" : ""}`;
    return [
        link,
        `${portName} ${port.number}`,
        operationsHtml(port, edgeCall),
        edgeCall.timeout,
        retries(edgeCall),
    ];
}

function operationsHtml(port: Port, { requests = [], methods = [] }: OperationSet): string {
    const lines = [...requests, ...methods];
    if (lines.length > 0) return lines.map((line) => `<code>${escaped(line)}</code>`).join("<br>");
    return port.protocol === "ws" ? `WebSocket <code>${escaped(port.path)}</code>` : "connections";
}

function retries(edgeCall: Call): string {
    const count = retriesOf(edgeCall);
    return count === 0 ? "none" : String(count);
}
