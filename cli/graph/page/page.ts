/** The call graph as a self-contained HTML page: a picture that follows filters and selection, details, and a table. */
import { transformSync } from "@swc/core";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Catalogue, Service } from "../../../catalogue/model";
import { TIERS } from "../../../catalogue/model";
import { servicesOf } from "../../../catalogue/query";
import { graphOf } from "../model";
import { layOut } from "../svg";
import { MAX_SERVICES, viewOf } from "../view";
import { details } from "./details";
import { escaped } from "./html";

const GATEWAYS = ["public", "admin", "internal"];
const COLUMNS = [
    "service",
    "domain",
    "tier",
    "exposed at",
    "tenant data",
    "calls",
    "stores",
    "external services",
];

export async function toPage(catalogue: Catalogue): Promise<string> {
    const services = servicesOf(catalogue);
    const graph = graphOf(catalogue);
    const all = new Set(services.map(([name]) => name));
    const svg = (await layOut(viewOf(graph, { matching: all, selected: "" }))).replace(/^[^]*?(?=<svg)/, "");
    const domains = [...new Set(services.map(([, { domain }]) => domain))].sort();
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>SPARC mesh: call graph</title>
<style>
${asset("browser.css")}</style>
</head>
<body>
<a class="skip" href="#services">Skip to the table of services</a>
<header>
<h1>SPARC mesh: call graph</h1>
<form id="filters" role="search">
<label class="search">Search <input type="search" id="text" placeholder="service, path, method, host" autocomplete="off" aria-keyshortcuts="/"></label>
${select("domain", "Domain", domains)}
${select("tier", "Tier", TIERS)}
${select("exposure", "Exposed", [...GATEWAYS, "none"])}
${select("external", "External service", Object.keys(catalogue.external).sort())}
${select("store", "Store", Object.keys(catalogue.stores).sort())}
<label class="check"><input type="checkbox" id="tenant"> stores tenant data</label>
<button type="reset">Reset</button>
<output id="count" aria-live="polite">${services.length} of ${services.length} services</output>
</form>
</header>
<main>
<figure aria-label="Call graph">
<div class="toolbar">
<label>A selection shows <select id="hops" aria-controls="picture">${hops(services.length)}</select></label>
<span role="group" aria-label="Zoom"><button id="zoom-out" aria-label="Zoom out" aria-keyshortcuts="-">−</button> <button id="zoom-in" aria-label="Zoom in" aria-keyshortcuts="+">+</button> <button id="zoom-fit" aria-keyshortcuts="0">Fit</button></span>
<output id="shown" aria-live="polite"></output>
</div>
<div id="picture" tabindex="0" role="region" aria-label="Picture: select a service to see its calls; + and - zoom, 0 fits, arrow keys scroll">
${svg.trim()}
</div>
<figcaption>An arrow is a call; a dashed arrow is an optional call. <span class="tier critical">critical</span> <span class="tier standard">standard</span> <span class="tier background">background</span> Drag to move, Ctrl and wheel to zoom.</figcaption>
</figure>
<aside id="details" aria-live="polite">
<p id="hint">Select a service in the picture or in the table to see its calls, callers and exposures.</p>
<div id="detail"></div>
</aside>
<section id="services" aria-labelledby="services-title" tabindex="-1">
<h2 id="services-title">Services</h2>
<table>
<thead><tr>${COLUMNS.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead>
<tbody>
${services.map(([name, service]) => row(catalogue, name, service)).join("\n")}
</tbody>
</table>
</section>
</main>
${json("graph", graph)}
${json("details-data", Object.fromEntries(services.map(([name, service]) => [name, details(catalogue, name, service)])))}
<script type="text/plain" id="graphviz">
${graphviz()}</script>
<script>
${script("graphView", "../view.ts")}
${script("graphDot", "../dot.ts")}
${asset("picture.js")}
${asset("browser.js")}</script>
</body>
</html>
`;
}

/** What the picture shows of a selected service. In a large catalogue the neighborhood is the better start. */
function hops(services: number): string {
    const options: readonly (readonly [value: string, label: string])[] = [
        ["1", "its callers and callees"],
        ["2", "two calls around it"],
        ["", "everything that matches"],
    ];
    const preset = services > MAX_SERVICES ? "1" : "";
    return options
        .map(
            ([value, label]) =>
                `<option value="${value}"${value === preset ? " selected" : ""}>${label}</option>`,
        )
        .join("");
}

function row(catalogue: Catalogue, name: string, service: Service): string {
    const {
        domain,
        tier,
        exposures = [],
        stores = [],
        external = [],
        calls = [],
        storesTenantData,
    } = service;
    const gateways = [...new Set(exposures.map(({ gateway }) => gateway))].sort();
    const callees = [...new Set(calls.map(({ to }) => to))].sort();
    const data = {
        service: name,
        domain,
        tier,
        exposure: gateways.join(" ") || "none",
        external: [...external].sort().join(" "),
        store: [...stores].sort().join(" "),
        tenant: storesTenantData ? "yes" : "no",
        text: searchable(catalogue, name, service),
    };
    const attributes = Object.entries(data).map(([key, value]) => `data-${key}="${escaped(value)}"`);
    const cells = [
        escaped(domain),
        `<span class="tier ${tier}">${tier}</span>`,
        gateways.join(", ") || "–",
        storesTenantData ? "stored" : "–",
        callees.join(", ") || "–",
        [...stores].sort().join(", ") || "–",
        [...external].sort().join(", ") || "–",
    ];
    return `<tr ${attributes.join(" ")}><th scope="row"><a href="#${name}">${name}</a></th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

/** The text that the search field matches: name, summary, operations, callees, stores and external hosts. */
function searchable({ external: groups }: Catalogue, name: string, service: Service): string {
    const { summary, domain, ports, calls = [], exposures = [], stores = [], external = [] } = service;
    const offered = Object.values(ports).flatMap((port): readonly string[] => {
        if (port.protocol === "http") return port.requests;
        if (port.protocol === "grpc") return [port.service, ...port.methods];
        return [port.protocol === "ws" ? port.path : port.application];
    });
    const hosts = external.flatMap((group) => groups[group]?.hosts.map(({ host }) => host) ?? []);
    const called = calls.map(({ to }) => to);
    const words = [
        name,
        summary,
        domain,
        ...offered,
        ...called,
        ...stores,
        ...external,
        ...hosts,
        ...exposures.map(({ host }) => host),
    ];
    return [...new Set(words)].sort().join(" ").toLowerCase();
}

function select(id: string, label: string, options: readonly string[]): string {
    const all = [
        `<option value="">any</option>`,
        ...options.map((one) => `<option>${escaped(one)}</option>`),
    ];
    return `<label>${label} <select id="${id}">${all.join("")}</select></label>`;
}

function asset(name: string): string {
    return readFileSync(join(__dirname, name), "utf8");
}

/** Data for the page's script. `<` is escaped because `</script>` would end the element. */
function json(id: string, data: unknown): string {
    return `<script type="application/json" id="${id}">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>`;
}

/** The exports of a module of this program that imports only types, as a constant of the page's script. */
function script(name: string, module: string): string {
    const { code } = transformSync(asset(module), {
        jsc: { parser: { syntax: "typescript" }, target: "es2022" },
        module: { type: "commonjs" },
    });
    return `const ${name} = ((exports) => {\n${code}return exports;\n})({});`;
}

/** Graphviz for the browser, with its WebAssembly inside. */
function graphviz(): string {
    const file = join(dirname(require.resolve("@viz-js/viz")), "viz-global.js");
    return readFileSync(file, "utf8").replaceAll("</script", "<\\/script");
}
