import type { Asked, Call, Catalogue, Port, Service } from "../../../catalogue/model";
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

/** All that the catalogue says of one service: hidden until it is chosen. */
export function details(catalogue: Catalogue, name: string, service: Service): string {
    const { domain, tier, summary, keepsTenantData } = service;
    return `<article id="detail-${name}" tabindex="-1" aria-labelledby="detail-${name}-title" hidden>
<h2 id="detail-${name}-title">${name}</h2>
<p>${escaped(summary)}</p>
<p class="facts">${escaped(domain)} · <span class="tier ${tier}">${tier}</span>${keepsTenantData ? " · keeps tenants’ data" : ""}</p>
${table(
    "Calls",
    ["service", "port", "asks", "timeout", "retries"],
    callsOf(catalogue, name).map((edge) => call(edge, edge.callee)),
)}
${table(
    "Called by",
    ["service", "port", "asks", "timeout", "retries"],
    callersOf(catalogue, name).map((edge) => call(edge, edge.caller)),
)}
${table(
    "Reached from outside",
    ["gateway", "host", "asks", "who", "timeout"],
    exposuresOf(catalogue, name).map(({ exposure, port }) => [
        exposure.gateway,
        exposure.host,
        asked(port, exposure),
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
    "Outside parties",
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

function call({ portName, port, call: own }: Edge, other: string): string[] {
    const link = `<a href="#${other}">${other}</a>${own.optional ? " <small>can do without</small>" : ""}`;
    return [link, `${portName} ${port.number}`, asked(port, own), own.timeout, retries(own)];
}

function asked(port: Port, { requests = [], methods = [] }: Asked): string {
    const lines = [...requests, ...methods];
    if (lines.length > 0) return lines.map((line) => `<code>${escaped(line)}</code>`).join("<br>");
    return port.protocol === "ws" ? `WebSocket <code>${escaped(port.path)}</code>` : "connections";
}

function retries(own: Call): string {
    const count = retriesOf(own);
    return count === 0 ? "none" : String(count);
}
