// Runs in the page: lays out views of the call graph, and zooms and scrolls the picture.
"use strict";
/** The picture in `frame`, a scroll container. `onSelect` receives the kind and the title of a node. */
const createPicture = (frame, onSelect) => {
    const MIN_SCALE = 0.05;
    const MAX_SCALE = 4;
    /** Below it, labels of 11 pt are smaller than 9 px. */
    const READABLE_SCALE = 0.62;
    const STEP = 1.25;
    const PX_PER_PT = 96 / 72;
    let engine;
    let scale = 1;
    let latest = 0;

    const svg = () => frame.querySelector("svg");
    const titleOf = (group) => group.querySelector("title").textContent;
    const kindOf = (node) =>
        ["service", "domain", "store", "gateway"].find((kind) => node.classList.contains(kind));
    const naturalSize = () => {
        const { width, height } = svg().viewBox.baseVal;
        return { width: width * PX_PER_PT, height: height * PX_PER_PT };
    };

    /** Graphviz is compiled only when a view is laid out: the first picture is in the page. */
    function graphviz() {
        if (engine === undefined) {
            const script = document.createElement("script");
            script.textContent = document.getElementById("graphviz").textContent;
            document.head.append(script);
            engine = Viz.instance();
        }
        return engine;
    }

    /** Scales the picture; the point of the picture under (x, y) in the frame stays there. */
    function zoomTo(next, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
        const previous = scale;
        scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, next));
        const { width, height } = naturalSize();
        svg().setAttribute("width", `${width * scale}px`);
        svg().setAttribute("height", `${height * scale}px`);
        const ratio = scale / previous;
        frame.scrollLeft = (frame.scrollLeft + x) * ratio - x;
        frame.scrollTop = (frame.scrollTop + y) * ratio - y;
    }

    function fittingScale() {
        const { width, height } = naturalSize();
        return Math.min(frame.clientWidth / width, frame.clientHeight / height, 1);
    }

    const fit = () => zoomTo(fittingScale());
    const zoomIn = () => zoomTo(scale * STEP);
    const zoomOut = () => zoomTo(scale / STEP);

    /** All of the picture if its labels can be read then; otherwise as small as they can be read. */
    const fitReadable = () => zoomTo(Math.max(fittingScale(), READABLE_SCALE));

    function nodeOf(name) {
        return [...frame.querySelectorAll("g.node")].find((node) => titleOf(node) === name);
    }

    /** Scrolls the frame, not the page, so that the node is in its middle. */
    function center(name) {
        const node = nodeOf(name);
        if (node === undefined) return;
        const box = node.getBoundingClientRect();
        const outer = frame.getBoundingClientRect();
        frame.scrollLeft += box.left + box.width / 2 - outer.left - frame.clientWidth / 2;
        frame.scrollTop += box.top + box.height / 2 - outer.top - frame.clientHeight / 2;
    }

    /** Makes nodes operable by mouse and keyboard. */
    function prepare(describe) {
        svg().setAttribute("role", "group");
        for (const node of frame.querySelectorAll("g.node")) {
            const name = titleOf(node);
            const activate = () => onSelect(kindOf(node), name.replace(/^(domain|store|gateway):/, ""));
            node.setAttribute("tabindex", "0");
            node.setAttribute("role", "button");
            node.setAttribute("aria-label", describe(kindOf(node), name));
            node.addEventListener("click", activate);
            node.addEventListener("keydown", (event) => {
                if (event.key !== "Enter" && event.key !== " ") return;
                event.preventDefault();
                activate();
            });
        }
    }

    /** Lays out `dot` in place of the picture. False if another view was chosen meanwhile. */
    async function show(dot, describe) {
        latest += 1;
        const mine = latest;
        frame.setAttribute("aria-busy", "true");
        const viz = await graphviz();
        if (mine !== latest) return false;
        const focused = document.activeElement?.closest("g.node");
        const name = focused && frame.contains(focused) ? titleOf(focused) : undefined;
        svg().replaceWith(viz.renderSVGElement(dot));
        prepare(describe);
        fitReadable();
        if (name !== undefined) nodeOf(name)?.focus({ preventScroll: true });
        frame.removeAttribute("aria-busy");
        return true;
    }

    /** Marks the selected service and its arrows; with `dim`, what is no neighbor of it recedes. */
    function highlight(selected, { dim }) {
        const near = new Set([selected]);
        for (const edge of frame.querySelectorAll("g.edge")) {
            const [from, to] = titleOf(edge).split("->");
            const isNear = from === selected || to === selected;
            if (isNear) near.add(from).add(to);
            edge.classList.toggle("lit", isNear);
            edge.classList.toggle("dim", dim && selected !== "" && !isNear);
        }
        for (const node of frame.querySelectorAll("g.node")) {
            const name = titleOf(node);
            node.classList.toggle("selected", name === selected);
            node.classList.toggle("dim", dim && selected !== "" && !near.has(name));
            if (node.classList.contains("service"))
                node.setAttribute("aria-pressed", String(name === selected));
        }
    }

    frame.addEventListener(
        "wheel",
        (event) => {
            // Trackpads report a pinch as a wheel with the control key.
            if (!event.ctrlKey && !event.metaKey) return;
            event.preventDefault();
            const { left, top } = frame.getBoundingClientRect();
            zoomTo(scale * Math.exp(-event.deltaY / 300), event.clientX - left, event.clientY - top);
        },
        { passive: false },
    );
    // Touch scrolls the frame without help.
    let drag;
    frame.addEventListener("pointerdown", ({ pointerType, button, clientX, clientY }) => {
        if (pointerType === "mouse" && button === 0)
            drag = { x: clientX, y: clientY, left: frame.scrollLeft, top: frame.scrollTop, moved: false };
    });
    addEventListener("pointermove", ({ clientX, clientY }) => {
        if (drag === undefined) return;
        const [x, y] = [clientX - drag.x, clientY - drag.y];
        drag.moved ||= Math.hypot(x, y) > 4;
        if (drag.moved) frame.scrollTo(drag.left - x, drag.top - y);
    });
    addEventListener("pointerup", () => {
        // The click that ends a drag selects nothing.
        if (drag?.moved)
            addEventListener("click", (event) => event.stopPropagation(), { capture: true, once: true });
        drag = undefined;
    });
    frame.addEventListener("keydown", ({ key, target }) => {
        if (target !== frame && !frame.contains(target)) return;
        if (key === "+" || key === "=") zoomIn();
        if (key === "-") zoomOut();
        if (key === "0") fit();
    });
    return { show, prepare, highlight, center, fit, fitReadable, zoomIn, zoomOut };
};
