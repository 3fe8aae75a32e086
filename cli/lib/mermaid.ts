import type { Catalogue } from "../../catalogue/model";
import { edges, exposures, servicesOf, storeEdges } from "../../catalogue/query";

/** The call graph as a Mermaid flowchart, for Markdown viewers; same content as the SVG. */
export function toMermaid(catalogue: Catalogue): string {
    const services = servicesOf(catalogue);
    const domains = [...new Set(services.map(([, { domain }]) => domain))];
    const needed = new Set(
        edges(catalogue)
            .filter(({ call }) => call.optional !== true)
            .map(({ caller, callee }) => `${caller} ${callee}`),
    );
    const lines = [
        "flowchart LR",
        "classDef critical fill:#fde2d8,stroke:#c8553d,color:#222",
        "classDef standard fill:#e3eefb,stroke:#3a6ea5,color:#222",
        "classDef background fill:#eeeeee,stroke:#888888,color:#222",
        ...domains.flatMap((domain) => [
            `subgraph ${nodeId("domain", domain)}["${domain}"]`,
            ...services
                .filter(([, service]) => service.domain === domain)
                .map(([name, { tier }]) => `    ${nodeId("service", name)}["${name}"]:::${tier}`),
            "end",
        ]),
        ...Object.keys(catalogue.stores)
            .sort()
            .map((name) => `${nodeId("store", name)}[("${name}")]`),
        ...exposures(catalogue).flatMap(({ service, exposure: { gateway } }) => [
            `${nodeId("gateway", gateway)}{{"${gateway} gateway"}}`,
            `${nodeId("gateway", gateway)} --> ${nodeId("service", service)}`,
        ]),
        ...edges(catalogue).map(({ caller, callee }) => {
            const arrow = needed.has(`${caller} ${callee}`) ? "-->" : "-.->";
            return `${nodeId("service", caller)} ${arrow} ${nodeId("service", callee)}`;
        }),
        ...storeEdges(catalogue).map(
            ({ caller, store }) => `${nodeId("service", caller)} --> ${nodeId("store", store)}`,
        ),
    ];
    return `${unique(lines).join("\n")}\n`;
}

/** Prefixed, because a service may be called `end`, a reserved word of Mermaid. */
export function nodeId(kind: string, name: string): string {
    return `${kind}_${name.replaceAll(/[^a-zA-Z0-9]/g, "_")}`;
}

/** Removes duplicate lines, except the `end` of subgraphs. */
function unique(lines: readonly string[]): string[] {
    return lines.filter((line, index) => line === "end" || lines.indexOf(line) === index);
}
