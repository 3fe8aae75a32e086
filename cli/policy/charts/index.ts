/**
 * What the charts of a stack's Helm releases make. Pulumi's engine shows policies the release alone, with its values; here the
 * chart is templated, and its objects are judged as the release's children.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { limited } from "../../../local/engine/limit";
import { releaseInputs, RELEASE } from "../../../local/engine/packaged";
import { type KubeObject, type ReleaseRequest, requestOf } from "../../../local/engine/resource";
import { type ChartTools, type PinnedChart, storedChartTools } from "../../../local/toolchain";
import { PROJECT_FOLDER } from "../../checkout";
import { type JudgedResource } from "../protocol";
import { cacheFolder, template } from "./template";

const REMOTE = /^(oci|https?):\/\//;

/** Processes of helm at once. */
const AT_ONCE = 2;

/** A chart whose objects nothing here can make. */
export interface Unjudged {
    /** `kube-prometheus-stack 88.5.3` */
    readonly chart: string;
    readonly reason: string;
}

export interface ChartObjects {
    readonly objects: readonly JudgedResource[];
    /** How many releases were templated. */
    readonly templated: number;
    /** `cert-manager v1.11.5 in place of v1.21.2` */
    readonly replaced: readonly string[];
    readonly unjudged: readonly Unjudged[];
    /** Releases whose chart helm refuses with their values: they would fail to deploy, too. */
    readonly failed: readonly { readonly release: JudgedResource; readonly reason: string }[];
}

type Outcome =
    | { readonly is: "templated"; readonly objects: readonly JudgedResource[]; readonly replaced?: string }
    | ({ readonly is: "unjudged" } & Unjudged)
    | { readonly is: "failed"; readonly release: JudgedResource; readonly reason: string };

const ABSENT = "the chart is not on this machine";

const NO_HELM = "the toolchain's helm is not on this machine; `make up` builds it";

interface Options {
    /** Called with each object that a chart makes. */
    readonly found?: (resource: JudgedResource) => void;
    /** @default what is in the toolchain's cache */
    readonly tools?: Promise<ChartTools | undefined>;
    /** Folder for what was templated. @default the user's own */
    readonly cache?: string;
}

/** Templates the chart of every release that it is given, while others are still being registered. */
export class Charts {
    private readonly outcomes: Promise<Outcome>[] = [];
    private readonly found: (resource: JudgedResource) => void;
    private readonly tools: Promise<ChartTools | undefined>;
    private readonly made: (helm: string, release: ReleaseRequest) => Promise<readonly KubeObject[]>;

    constructor({
        found = () => undefined,
        tools = storedChartTools(),
        cache = cacheFolder(),
    }: Options = {}) {
        this.found = found;
        this.tools = tools;
        this.made = limited(AT_ONCE, (helm, release) => template(helm, release, cache));
    }

    take(resource: JudgedResource): void {
        if (resource.type === RELEASE) this.outcomes.push(this.outcomeOf(resource));
    }

    async end(): Promise<ChartObjects> {
        const outcomes = await Promise.all(this.outcomes);
        return {
            objects: outcomes.flatMap((one) => (one.is === "templated" ? one.objects : [])),
            templated: outcomes.filter(({ is }) => is === "templated").length,
            replaced: outcomes.flatMap((one) => (one.is === "templated" ? (one.replaced ?? []) : [])),
            unjudged: outcomes.flatMap((one) =>
                one.is === "unjudged" ? [{ chart: one.chart, reason: one.reason }] : [],
            ),
            failed: outcomes.filter((one) => one.is === "failed"),
        };
    }

    private async outcomeOf(resource: JudgedResource): Promise<Outcome> {
        const tools = await this.tools;
        const { chart = "", version = "" } = resource.properties as { chart?: string; version?: string };
        const named = `${nameOf(chart)} ${version}`.trim();
        if (tools === undefined) return { is: "unjudged", chart: named, reason: NO_HELM };
        let release: ReleaseRequest;
        try {
            release = releaseOf(resource);
        } catch (error) {
            return { is: "unjudged", chart: named, reason: (error as Error).message };
        }
        const at = chartOf(release, tools.charts);
        if (at === undefined) return { is: "unjudged", chart: named, reason: ABSENT };
        try {
            const objects = await this.made(tools.helm, { ...release, chart: at.folder });
            const children = objects.map((object) => childOf(resource, object));
            children.forEach(this.found);
            const replaced =
                at.version === undefined || version === "" || fits(at.version, version)
                    ? undefined
                    : at.version;
            return {
                is: "templated",
                objects: children,
                ...(replaced === undefined
                    ? {}
                    : { replaced: `${nameOf(chart)} ${replaced} in place of ${version}` }),
            };
        } catch (error) {
            return { is: "failed", release: resource, reason: (error as Error).message };
        }
    }
}

/** @throws UnsupportedError for options that change what a release makes, such as a postrenderer */
function releaseOf({ type, name, properties }: JudgedResource): ReleaseRequest {
    const inputs = releaseInputs({ type, inputs: properties }) ?? properties;
    const request = requestOf({ type, name, custom: true, protect: false, inputs });
    if (request.is !== "release") throw new Error(`${type} is no release`);
    return request.release;
}

/** A folder that exists, or the toolchain's chart of that name: stacks may name folders that only `make up` fills. */
function chartOf(
    { chart, repository }: ReleaseRequest,
    pinned: readonly PinnedChart[],
): { readonly folder: string; readonly version?: string } | undefined {
    const folder = resolve(PROJECT_FOLDER, chart);
    if (repository === undefined && !REMOTE.test(chart) && existsSync(join(folder, "Chart.yaml")))
        return { folder };
    return pinned.find(({ name }) => name === nameOf(chart));
}

/** A development version stands for every release of its line: `1.31-dev` for 1.31.1. */
function fits(pinned: string, wanted: string): boolean {
    const line = pinned.replace(/-dev$/, "");
    return pinned === wanted || (line !== pinned && wanted.startsWith(`${line}.`));
}

function nameOf(chart: string): string {
    return chart.replace(/\/+$/, "").split("/").at(-1) ?? chart;
}

/** As the engine would register it, were the chart a component. */
function childOf(release: JudgedResource, object: KubeObject): JudgedResource {
    const { apiVersion, kind, metadata } = object;
    const version = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
    const type = `kubernetes:${version}:${kind}`;
    const name = `${release.name}/${metadata.namespace ?? ""}/${metadata.name}`;
    const parent = release.urn.slice(0, release.urn.lastIndexOf("::"));
    const { provider } = release;
    return {
        urn: `${parent}$${type}::${name}`,
        type,
        name,
        properties: object,
        outputs: {},
        ...(provider === undefined ? {} : { provider }),
    };
}
