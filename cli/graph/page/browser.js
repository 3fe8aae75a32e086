// Runs in the page. All that it shows is in the document already: it hides, dims and moves the focus.
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
    let chosen = "";

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
        node.addEventListener("click", () => choose(name));
        node.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            choose(name);
        });
    }

    function matches({ dataset }) {
        const words = byId("text").value.toLowerCase().split(/\s+/);
        return (
            words.every((word) => dataset.text.includes(word)) &&
            ["domain", "tier", "exposure", "external", "store"].every((key) => {
                const wanted = byId(key).value;
                return wanted === "" || dataset[key] === wanted || dataset[key].split(" ").includes(wanted);
            }) &&
            (!byId("tenant").checked || dataset.tenant === "yes")
        );
    }

    function draw() {
        const shown = new Set([...rows].filter(([, row]) => matches(row)).map(([name]) => name));
        const isShown = (name) => shown.has(name) || !rows.has(name);
        for (const [name, row] of rows) {
            row.hidden = !shown.has(name);
            row.classList.toggle("chosen", name === chosen);
        }
        const near = new Set(
            edges
                .filter(({ from, to }) => from === chosen || to === chosen)
                .flatMap(({ from, to }) => [from, to]),
        );
        for (const { element, from, to } of edges) {
            const isLit = chosen !== "" && (from === chosen || to === chosen);
            element.classList.toggle("lit", isLit);
            element.classList.toggle("dim", chosen === "" ? !(isShown(from) && isShown(to)) : !isLit);
        }
        for (const node of nodes) {
            const name = titleOf(node);
            const isOff = chosen === "" ? !isShown(name) : !near.has(name) && name !== chosen;
            node.classList.toggle("dim", isOff || !isShown(name));
            node.classList.toggle("chosen", name === chosen);
            if (rows.has(name)) node.setAttribute("aria-pressed", String(name === chosen));
        }
        byId("count").textContent = `${shown.size} of ${rows.size} services`;
    }

    function choose(name) {
        chosen = rows.has(name) ? name : "";
        for (const article of document.querySelectorAll("#details article"))
            article.hidden = article.id !== `detail-${chosen}`;
        byId("hint").hidden = chosen !== "";
        if (location.hash.slice(1) !== chosen)
            history.replaceState(null, "", chosen === "" ? " " : `#${chosen}`);
        draw();
    }

    document.addEventListener("click", (event) => {
        const link = event.target.closest("a[href^='#']");
        const name = link?.getAttribute("href").slice(1);
        if (name === undefined || !rows.has(name)) return;
        event.preventDefault();
        choose(name);
        byId(`detail-${name}`).focus();
    });
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape") choose("");
        if (event.key === "/" && !/^(INPUT|SELECT)$/.test(event.target.tagName)) {
            event.preventDefault();
            byId("text").focus();
        }
    });
    byId("filters").addEventListener("input", draw);
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    // The fields are empty only after the event.
    byId("filters").addEventListener("reset", () => setTimeout(draw));
    addEventListener("hashchange", () => choose(location.hash.slice(1)));
    choose(location.hash.slice(1));
})();
