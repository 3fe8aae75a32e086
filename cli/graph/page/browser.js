// Runs in the page: filters, selection and details. `graphView`, `graphDot` and `createPicture` are the scripts before.
"use strict";
(() => {
    const byId = (id) => document.getElementById(id);
    const dataOf = (id) => JSON.parse(byId(id).textContent);
    const graph = dataOf("graph");
    const details = dataOf("details-data");
    const rows = new Map(
        [...document.querySelectorAll("#services tbody tr")].map((row) => [row.dataset.service, row]),
    );
    const FILTERS = ["domain", "tier", "exposure", "external", "store"];
    /** The filter that a node other than a service sets. */
    const FILTER_OF_NODE = { domain: "domain", store: "store", gateway: "exposure" };
    const picture = createPicture(byId("picture"), (kind, name) =>
        kind === "service" ? select(name) : filterBy(FILTER_OF_NODE[kind], name),
    );
    let selected = "";
    let waiting;
    /** The page comes with the picture of everything. */
    let drawn = graphDot.toDot(graphView.viewOf(graph, { matching: new Set(rows.keys()), selected: "" }));

    function matches({ dataset }) {
        const words = byId("text").value.toLowerCase().split(/\s+/);
        return (
            words.every((word) => dataset.text.includes(word)) &&
            FILTERS.every((key) => {
                const value = byId(key).value;
                return value === "" || dataset[key] === value || dataset[key].split(" ").includes(value);
            }) &&
            (!byId("tenant").checked || dataset.tenant === "yes")
        );
    }

    function describe(kind, name) {
        const row = rows.get(name);
        if (row !== undefined) return `${name}, ${row.dataset.tier}, ${row.dataset.domain}`;
        return `${name.replace(":", " ")}: show its services`;
    }

    /** What the picture shows, in words. */
    function summary({ kind, nodes, omitted }, matching) {
        const count = (of) => nodes.filter((node) => node.kind === of).length;
        const services = (number) => `${number} ${number === 1 ? "service" : "services"}`;
        if (kind === "domains")
            return `${services(matching.size)} in ${count("domain")} domains (a number counts pairs of caller and callee): select a domain, or search`;
        const more = omitted === 0 ? "" : `, and ${omitted} more that the picture leaves out`;
        if (kind === "neighborhood")
            return `${selected} and its neighborhood: ${services(count("service"))}${more}`;
        return omitted === 0
            ? services(count("service"))
            : `The ${services(count("service"))} with the most calls${more}: search, or select a service`;
    }

    /** Shows the rows that match at once, and the picture after `delay` milliseconds: it takes longer. */
    function draw(delay = 0) {
        const matching = new Set([...rows].filter(([, row]) => matches(row)).map(([name]) => name));
        for (const [name, row] of rows) {
            row.hidden = !matching.has(name);
            row.classList.toggle("selected", name === selected);
        }
        byId("count").textContent = `${matching.size} of ${rows.size} services`;
        clearTimeout(waiting);
        waiting = setTimeout(() => drawPicture(matching), delay);
    }

    async function drawPicture(matching) {
        const hops = byId("hops").value;
        const view = graphView.viewOf(graph, {
            matching,
            selected,
            ...(hops === "" ? {} : { hops: Number(hops) }),
        });
        const dot = graphDot.toDot(view);
        byId("shown").textContent = summary(view, matching);
        if (dot !== drawn) {
            drawn = dot;
            if (!(await picture.show(dot, describe))) return;
        }
        const shown = view.nodes.some(({ id }) => id === selected) ? selected : "";
        picture.highlight(shown, { dim: view.kind !== "neighborhood" });
        if (shown !== "") picture.center(shown);
    }

    function filterBy(id, value) {
        byId(id).value = value;
        select("");
    }

    function select(name) {
        selected = rows.has(name) ? name : "";
        byId("detail").innerHTML = selected === "" ? "" : details[selected];
        byId("details").scrollTop = 0;
        byId("hint").hidden = selected !== "";
        if (location.hash.slice(1) !== selected)
            history.replaceState(null, "", selected === "" ? " " : `#${selected}`);
        draw();
    }

    document.addEventListener("click", (event) => {
        const link = event.target.closest("a[href^='#']");
        const name = link?.getAttribute("href").slice(1);
        if (name === undefined || !rows.has(name)) return;
        event.preventDefault();
        select(name);
        byId(`detail-${name}`).focus();
    });
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape") select("");
        if (event.key === "/" && !/^(INPUT|SELECT)$/.test(event.target.tagName)) {
            event.preventDefault();
            byId("text").focus();
        }
    });
    // A picture for each letter would delay the next one.
    byId("filters").addEventListener("input", ({ target }) => draw(target.type === "search" ? 150 : 0));
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    // The fields are reset only after the event.
    byId("filters").addEventListener("reset", () => setTimeout(() => draw()));
    byId("hops").addEventListener("change", () => draw());
    byId("zoom-in").addEventListener("click", picture.zoomIn);
    byId("zoom-out").addEventListener("click", picture.zoomOut);
    byId("zoom-fit").addEventListener("click", picture.fit);
    addEventListener("hashchange", () => select(location.hash.slice(1)));
    picture.prepare(describe);
    picture.fitReadable();
    select(location.hash.slice(1));
})();
