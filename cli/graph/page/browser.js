// Runs in the page. All content is in the document already: the script hides, dims and moves the focus.
"use strict";
(() => {
    const byId = (id) => document.getElementById(id);
    const rows = new Map(
        [...document.querySelectorAll("#services tbody tr")].map((row) => [row.dataset.service, row]),
    );
    const titleOf = (group) => group.querySelector("title").textContent;
    const nodes = [...document.querySelectorAll("#picture g.node")];
    const edges = [...document.querySelectorAll("#picture g.edge")].map((element) => {
        const [from, to] = titleOf(element).split("->");
        return { element, from, to };
    });
    let selected = "";

    for (const node of nodes) {
        const name = titleOf(node);
        const row = rows.get(name);
        if (row === undefined) {
            node.classList.add(node.querySelector("path") === null ? "gateway" : "store");
            continue;
        }
        node.classList.add("service", row.dataset.tier);
        node.setAttribute("tabindex", "0");
        node.setAttribute("role", "button");
        node.setAttribute("aria-label", `${name}, ${row.dataset.tier}, ${row.dataset.domain}`);
        node.addEventListener("click", () => select(name));
        node.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            select(name);
        });
    }

    function matches({ dataset }) {
        const words = byId("text").value.toLowerCase().split(/\s+/);
        return (
            words.every((word) => dataset.text.includes(word)) &&
            ["domain", "tier", "exposure", "external", "store"].every((key) => {
                const value = byId(key).value;
                return value === "" || dataset[key] === value || dataset[key].split(" ").includes(value);
            }) &&
            (!byId("tenant").checked || dataset.tenant === "yes")
        );
    }

    function draw() {
        const shown = new Set([...rows].filter(([, row]) => matches(row)).map(([name]) => name));
        const isShown = (name) => shown.has(name) || !rows.has(name);
        for (const [name, row] of rows) {
            row.hidden = !shown.has(name);
            row.classList.toggle("selected", name === selected);
        }
        const near = new Set(
            edges
                .filter(({ from, to }) => from === selected || to === selected)
                .flatMap(({ from, to }) => [from, to]),
        );
        for (const { element, from, to } of edges) {
            const isLit = selected !== "" && (from === selected || to === selected);
            element.classList.toggle("lit", isLit);
            element.classList.toggle("dim", selected === "" ? !(isShown(from) && isShown(to)) : !isLit);
        }
        for (const node of nodes) {
            const name = titleOf(node);
            const isOff = selected === "" ? !isShown(name) : !near.has(name) && name !== selected;
            node.classList.toggle("dim", isOff || !isShown(name));
            node.classList.toggle("selected", name === selected);
            if (rows.has(name)) node.setAttribute("aria-pressed", String(name === selected));
        }
        byId("count").textContent = `${shown.size} of ${rows.size} services`;
    }

    function select(name) {
        selected = rows.has(name) ? name : "";
        for (const article of document.querySelectorAll("#details article"))
            article.hidden = article.id !== `detail-${selected}`;
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
    byId("filters").addEventListener("input", draw);
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    // The fields are reset only after the event.
    byId("filters").addEventListener("reset", () => setTimeout(draw));
    addEventListener("hashchange", () => select(location.hash.slice(1)));
    select(location.hash.slice(1));
})();
