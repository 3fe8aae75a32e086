import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { platform } from "../../catalogue/platform";
import { edges } from "../../catalogue/query";
import { graph } from "../../cli/commands/graph";
import { toMermaid } from "../../cli/lib/mermaid";
import { toPage } from "../../cli/graph/page/page";
import { graphOf } from "../../cli/graph/model";
import { viewOf } from "../../cli/graph/view";
import { catalogueOfSize } from "../support/scale";
import { reordered } from "../catalogue/rewrite";
import { temporaryFolder } from "../support/folder";

describe("mesh graph", () => {
    it("writes the same bytes for any order of the catalogue", async () => {
        const other = reordered(platform, 7, "calls too");
        assert.equal(toMermaid(other), toMermaid(platform));
        assert.equal(await toPage(other), await toPage(platform));
    });

    it("writes one Mermaid arrow for each pair of caller and callee, dashed if all calls are optional", () => {
        const lines = toMermaid(platform).split("\n");
        const pairs = new Set(edges(platform).map(({ caller, callee }) => `${caller}>${callee}`));
        assert.equal(
            lines.filter((line) => /^service_\w+ (-->|-\.->) service_/.test(line)).length,
            pairs.size,
        );
        assert.ok(lines.includes("service_api_gateway --> service_auth"));
        assert.ok(lines.includes("service_api_gateway -.-> service_search"));
        assert.equal(
            lines.filter((line) => line.startsWith("subgraph ")).length,
            lines.filter((line) => line === "end").length,
        );
    });

    it("writes a page without external resources", async () => {
        // Graphviz, as text, has addresses of its own; the browser's tests run without a network.
        const page = (await toPage(platform)).replace(/<script type="text\/plain"[^]*?<\/script>/, "");
        assert.doesNotMatch(page, /<(script|link|img|iframe)[^>]+(src|href)=/);
        assert.doesNotMatch(page, /@import|url\(/);
    });

    it("keeps the services with the most calls of a domain that one picture cannot show", () => {
        const catalogue = catalogueOfSize(2400);
        const matching = new Set(
            Object.keys(catalogue.services).filter((name) => catalogue.services[name]?.domain === "domain-1"),
        );
        const { kind, nodes, omitted } = viewOf(graphOf(catalogue), { matching, selected: "" });
        const shown = nodes.filter((node) => node.kind === "service").map(({ id }) => id);
        assert.equal(kind, "matching");
        assert.equal(shown.length, 80);
        assert.equal(omitted, matching.size - 80);
        // Edges to services, stores and gateways, from the catalogue alone.
        const degrees = new Map([...matching].map((name) => [name, new Set<string>()]));
        for (const [caller, { calls = [], stores = [], exposures = [] }] of Object.entries(
            catalogue.services,
        )) {
            for (const { to } of calls) {
                degrees.get(caller)?.add(`to ${to}`);
                degrees.get(to)?.add(`from ${caller}`);
            }
            for (const name of stores) degrees.get(caller)?.add(`store ${name}`);
            for (const { gateway } of exposures) degrees.get(caller)?.add(`gateway ${gateway}`);
        }
        const degreeOf = (name: string) => degrees.get(name)?.size ?? 0;
        const left = [...matching].filter((name) => !shown.includes(name));
        assert.ok(Math.min(...shown.map(degreeOf)) >= Math.max(...left.map(degreeOf)));
    });

    it("chooses the format by the file extension, and lists the formats for an unknown one", async () => {
        const folder = temporaryFolder("mesh-graph-");
        await graph({ out: join(folder, "a.mmd") });
        assert.match(readFileSync(join(folder, "a.mmd"), "utf8"), /^flowchart LR/);
        await graph({ out: join(folder, "a.txt"), format: "svg" });
        assert.match(readFileSync(join(folder, "a.txt"), "utf8"), /<svg/);
        await assert.rejects(graph({ out: join(folder, "b.txt") }), /--format \(svg, mermaid, html\)/);
    });
});
